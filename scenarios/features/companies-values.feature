Feature: What a company gets from its account

  @C8 @C9 @C10 @V6
  Scenario: All fields of an account arrive
    Given these Autotask resources
      | firstName | lastName |
      | Ada       | Berg     |
    And these Salesforce accounts
      | Name      | OwnerId  | AccountNumber | AnnualRevenue | BillingStreet              | BillingCity | BillingState | BillingPostalCode | BillingCountry | Phone   | Fax     | Website                  | Sic  | TickerSymbol | Type    | Rating | Industry |
      | Nord GmbH | Ada Berg | N-1           | 99213206      | "Hafenstraße 1{CR}{LF}Tor 4"   | Berlin      | Berlin       | 10115             | Germany        | 555-100 | 555-101 | https://nord.example.com | 3571 | NRD          | Partner | Hot    | Banking  |
    When the importer runs
    Then Autotask has these companies
      | companyName | ownerResourceID | companyNumber | assetValue | address1      | address2 | city   | state  | postalCode | countryID | phone   | fax     | webAddress               | sicCode | stockSymbol | companyType | classification | marketSegmentID |
      | Nord GmbH   | Ada Berg        | N-1           | 99213206.0 | Hafenstraße 1 | Tor 4    | Berlin | Berlin | 10115      | Germany   | 555-100 | 555-101 | https://nord.example.com | 3571    | NRD         | Partner     | Hot            | Banking         |

  @C8
  Scenario Outline: An owner who is <what> leaves the company to the default account manager
    Given these Autotask resources
      | firstName | lastName | isActive | licenseType         |
      | Old       | Hand     | false    | Full User           |
      | Api       | User     | true     | API User (API-only) |
      | Jo        | Lund     | true     | Full User           |
      | Jo        | Lund     | true     | Full User           |
      | ada       | berg     | true     | Full User           |
    And these Salesforce accounts
      | Name      | OwnerId |
      | Nord GmbH | <owner> |
    When the importer runs
    Then Autotask has these companies
      | companyName | ownerResourceID |
      | Nord GmbH   | Dana Default    |
    And the report remarks on the account "Nord GmbH" "<owner>"

    Examples:
      | what                   | owner       |
      | nobody in Autotask     | Nobody Here |
      | inactive               | Old Hand    |
      | an API-only user       | Api User    |
      | one of two of one name | Jo Lund     |
      | spelled in other case  | Ada Berg    |

  @C8
  Scenario: Blanks around a resource's name do not matter
    Given these Autotask resources
      | firstName | lastName  |
      | " Ada "   | "Berg  "  |
    And these Salesforce accounts
      | Name      | OwnerId  |
      | Nord GmbH | Ada Berg |
    When the importer runs
    Then Autotask has these companies
      | companyName | ownerResourceID  |
      | Nord GmbH   | " Ada  Berg  "   |

  @C8 @R2
  Scenario: Without a default account manager the account of an unknown owner is refused, and no other
    Given there is no default account manager
    And these Autotask resources
      | firstName | lastName |
      | Ada       | Berg     |
    And these Salesforce accounts
      | Name      | OwnerId     |
      | Nord GmbH | Nobody Here |
      | Süd AG    | Ada Berg    |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Jo        | Lund     | Nord GmbH |
    When the importer runs
    Then the run is "completed with errors"
    And the account "Nord GmbH" is refused by rule C8
    And the contact "Jo Lund" is deferred by rule K3
    And Autotask has these companies
      | companyName | ownerResourceID |
      | Süd AG      | Ada Berg        |

  @C9 @C10
  Scenario Outline: <what> without counterpart
    Given these Salesforce accounts
      | Name      | Type   | Rating   | Industry   | BillingCountry |
      | Nord GmbH | <type> | <rating> | <industry> | <country>      |
    When the importer runs
    Then Autotask has these companies
      | companyName | companyType    | classification | marketSegmentID | countryID       |
      | Nord GmbH   | <company type> | <class>        | <segment>       | <the country>   |

    Examples:
      | what               | type                 | rating   | industry  | country   | company type | class | segment | the country |
      | A type             | Customer - Direct    | Hot      | Banking   | Germany   | Customer     | Hot   | Banking | Germany     |
      | A retired type     | Installation Partner | Hot      | Banking   | Germany   | Customer     | Hot   | Banking | Germany     |
      | No type            |                      | Hot      | Banking   | Germany   | Customer     | Hot   | Banking | Germany     |
      | A rating           | Vendor               | Lukewarm | Banking   | Germany   | Vendor       |       | Banking | Germany     |
      | An industry        | Vendor               | Hot      | Apparel   | Germany   | Vendor       | Hot   |         | Germany     |
      | A country          | Vendor               | Hot      | Banking   | Atlantis  | Vendor       | Hot   | Banking |             |
      | Nothing but codes  | vendor               | hot      | BANKING   | de        | Vendor       | Hot   | Banking | Germany     |

  @V1
  Scenario Outline: A <field> of <length> characters is cut at <most>, and the report says so
    Given these Salesforce accounts
      | known as | Name       | <field>                 |
      | long     | Nord GmbH  | (<length> times "x")    |
    When the importer runs
    Then Autotask has these companies
      | companyName | <target>            |
      | Nord GmbH   | (<most> times "x")  |
    And the report remarks on the account "long" "<target> cut to <most> characters"

    Examples:
      | field             | target      | length | most |
      | BillingStreet     | address1    | 200    | 128  |
      | BillingCity       | city        | 40     | 30   |
      | BillingState      | state       | 80     | 40   |
      | BillingPostalCode | postalCode  | 20     | 10   |
      | Phone             | phone       | 40     | 25   |
      | TickerSymbol      | stockSymbol | 11     | 10   |

  @V1
  Scenario: A cut never tears a character apart
    Given these Salesforce accounts
      | known as | Name                                                                                                      |
      | emoji    | 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789🚀 end |
    When the importer runs
    Then Autotask has these companies
      | companyName                                                                                         |
      | 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 |

  @V2
  Scenario: A company without telephone number gets the placeholder, and the report says so
    Given these Salesforce accounts
      | Name      |
      | Nord GmbH |
    When the importer runs
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | unknown |
    And the report remarks on the account "Nord GmbH" "phone"

  @V4
  Scenario: On first linking, real values win, and what Salesforce lacks stays
    Given these Autotask companies
      | known as | companyName | city   | phone   | fax     | companyType | classification | ownerResourceID | address2 |
      | nord     | Nord GmbH   | Berlin | 555-900 | 555-901 | Vendor      | Cold           | Dana Default    | Tor 4    |
    And these Salesforce accounts
      | Name      | BillingCity | Fax     | Type  | Rating |
      | Nord GmbH | Berlin      | 555-101 | Other | Hot    |
    When the importer runs
    Then Autotask has these companies
      | companyName | phone   | fax     | companyType | classification | ownerResourceID | address2 |
      | Nord GmbH   | 555-900 | 555-101 | Vendor      | Hot            | Dana Default    | Tor 4    |

  @V6
  Scenario Outline: <what> survives
    Given these Salesforce accounts
      | known as | Name   |
      | odd      | <name> |
    When the importer runs
    Then Autotask has these companies
      | companyName |
      | <name>      |

    Examples:
      | what                     | name                                  |
      | Markup                   | <Nord> & "Sons" 'Ltd'                 |
      | What looks like entities | Nord &amp; Co &#38; &lt;b&gt; ]]>     |
      | Emoji                    | Nord 🚀 👩‍💻                           |
      | Writing from the right   | شركة النور חברת האור                  |
      | Another script           | 株式会社山田製作所 «Ромашка»              |
      | Leading and outer blanks | "  Nord GmbH "                        |
      | The text null            | null                                  |

  @V6
  Scenario: Line breaks stay where they are
    Given these Salesforce accounts
      | Name      | BillingStreet                        |
      | Nord GmbH | "Hafenstraße 1{CR}{LF}{CR}{LF} c/o Empfang"  |
      | Süd AG    | "Ring 2{LF}Haus B{LF}Tor 4"              |
    When the importer runs
    Then Autotask has these companies
      | companyName | address1      | address2              |
      | Nord GmbH   | Hafenstraße 1 | "{CR}{LF} c/o Empfang"    |
      | Süd AG      | Ring 2        | "Haus B{LF}Tor 4"       |
