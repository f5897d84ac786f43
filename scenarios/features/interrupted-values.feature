@interruption
Feature: Values of records whose import was cut off are what the rules make of them

  Background:
    Given these Salesforce accounts
      | Name      | BillingCity | Phone   | Fax     | Rating | Type    | Industry | BillingCountry |
      | Nord GmbH | Berlin      | 555-100 | 555-101 | Hot    | Partner | Banking  | Germany        |

  @C8 @R4
  Scenario: An account manager who leaves while an import lies killed gets no company from the next
    Given these Autotask resources
      | firstName | lastName |
      | Ada       | Berg     |
    And the Salesforce account "Nord GmbH" changes
      | OwnerId | Ada Berg |
    When the importer is killed before Autotask makes the company "Nord GmbH"
    And the Autotask resource "Ada Berg" changes
      | isActive | false |
    And the importer runs again
    And 10 minutes pass
    And the importer runs again
    Then Autotask has these companies
      | companyName | ownerResourceID |
      | Nord GmbH   | Dana Default    |

  @C8 @V3 @R4
  Scenario: A change of owner that was killed is not made again over what somebody chose meanwhile
    Given these Autotask resources
      | firstName | lastName |
      | Ada       | Berg     |
      | Jo        | Lund     |
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | OwnerId | Ada Berg |
    And the importer is killed while it changes a company
    And the importer runs again
    And the Autotask company "Nord GmbH" changes
      | ownerResourceID | Jo Lund |
    And the importer runs again
    Then Autotask has these companies
      | companyName | ownerResourceID |
      | Nord GmbH   | Jo Lund         |

  @C9 @R4
  Scenario: A rating that Autotask learns while an import lies killed is used by the next
    Given the Salesforce account "Nord GmbH" changes
      | Rating | Lukewarm |
    When the importer is killed before Autotask makes the company "Nord GmbH"
    And the Autotask picklist "classification" gains "Lukewarm"
    And the importer runs again
    And 10 minutes pass
    And the importer runs again
    Then Autotask has these companies
      | companyName | classification |
      | Nord GmbH   | Lukewarm       |

  @C9 @R4 @V1
  Scenario: Labels that are retired while an import lies killed are not chosen by the next
    When the importer is killed before Autotask makes the company "Nord GmbH"
    And the Autotask picklist "classification" loses "Hot"
    And the Autotask picklist "marketSegmentID" loses "Banking"
    And the Autotask picklist "companyType" loses "Partner"
    And the importer runs again
    And 10 minutes pass
    And the importer runs again
    Then the run is "completed"
    And Autotask has these companies
      | companyName | companyType | classification | marketSegmentID |
      | Nord GmbH   | Customer    |                |                 |

  @C10 @V4 @R4
  Scenario: A country that nobody knows clears none, although the link was killed while it was made
    Given these Autotask companies
      | known as | companyName | city   | phone   | countryID |
      | nord     | Nord GmbH   | Berlin | 555-900 | France    |
    And the Salesforce account "Nord GmbH" changes
      | BillingCountry | Atlantis |
    When the importer is killed while it changes a company
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   | countryID |
      | Nord GmbH   | 555-100 | France    |
    When the Salesforce account "Nord GmbH" changes
      | BillingCountry | de |
    And the importer runs again
    Then Autotask has these companies
      | companyName | countryID |
      | Nord GmbH   | Germany   |

  @V1 @R4
  Scenario: A name that was cut in an import that was killed is written once
    Given these Salesforce accounts
      | known as | Name            | Phone   |
      | long     | (130 times "x") | 555-200 |
    When the importer is killed once Autotask has made the company "xxxxxxxxxx"
    And 10 minutes pass
    And the importer runs again
    And the importer compares everything
    Then the account "long" is unchanged
    And Autotask receives no write
    And Autotask has these companies
      | companyName     | phone   | Salesforce Company ID   |
      | Nord GmbH       | 555-100 | (the id of "Nord GmbH") |
      | (100 times "x") | 555-200 | (the id of "long")      |

  @V1 @C2 @R4
  Scenario: A company that somebody makes by hand under the cut name is found while a create is open
    Given these Salesforce accounts
      | known as | Name            | Phone   |
      | long     | (130 times "x") | 555-200 |
    When the importer is killed before Autotask makes the company "xxxxxxxxxx"
    And these Autotask companies
      | known as | companyName     | phone   |
      | by hand  | (100 times "x") | 555-900 |
    And the importer runs again
    And 10 minutes pass
    And the importer runs again
    Then Autotask has these companies
      | companyName     | phone   | Salesforce Company ID   |
      | Nord GmbH       | 555-100 | (the id of "Nord GmbH") |
      | (100 times "x") | 555-200 | (the id of "long")      |

  @V2 @R4
  Scenario: A number typed over the placeholder of an import that was killed stays
    Given these Salesforce accounts
      | Name   |
      | Süd AG |
    When the importer is killed once Autotask has made the company "Süd AG"
    And the Autotask company "Süd AG" changes
      | phone | 555-777 |
    And 10 minutes pass
    And the importer runs again
    And the importer compares everything
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |
      | Süd AG      | 555-777 |

  @V3 @R4
  Scenario: A field that somebody edited after an update was killed keeps that edit
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And the importer is killed while it changes a company
    And the Autotask company "Nord GmbH" changes
      | fax | 555-777 |
    And the importer runs again
    And the importer compares everything
    Then Autotask has these companies
      | companyName | phone   | fax     |
      | Nord GmbH   | 555-200 | 555-777 |

  @V4 @V3 @R4
  Scenario: What a link that was killed had applied is known, so that emptying it is noticed
    Given these Autotask companies
      | known as | companyName | city   | phone   | fax     |
      | nord     | Nord GmbH   | Berlin | 555-900 | 555-901 |
    When the importer is killed while it changes a company
    And the importer runs again
    And the Salesforce account "Nord GmbH" changes
      | Fax |  |
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   | fax |
      | Nord GmbH   | 555-100 |     |

  @V4 @R4
  Scenario: What Salesforce never had is not cleared by a link that is made again
    Given these Autotask companies
      | known as | companyName | city   | phone   | webAddress               |
      | nord     | Nord GmbH   | Berlin | 555-900 | https://nord.example.com |
    And the answer to the next change of a company is lost
    When the importer runs
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   | webAddress               | Salesforce Company ID   |
      | Nord GmbH   | 555-100 | https://nord.example.com | (the id of "Nord GmbH") |

  @V5 @R4
  Scenario: An update that took effect before its import was killed is not written again
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And the importer is killed while it changes a company
    And the importer runs again
    Then the run is "completed"
    And Autotask receives no write
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-200 |

  @V6 @R4
  Scenario Outline: <what> is found again by an import that knows of it by a lost answer only
    Given these Salesforce accounts
      | known as | Name   | Phone   |
      | odd      | <name> | 555-200 |
    And the answer to the create of the company "555-200" is lost
    When the importer runs
    And the importer compares everything
    Then the account "odd" is unchanged
    And Autotask has these companies
      | companyName | Salesforce Company ID   |
      | Nord GmbH   | (the id of "Nord GmbH") |
      | <name>      | (the id of "odd")       |

    Examples:
      | what                     | name                              |
      | Markup                   | <Nord> & "Sons" 'Ltd'             |
      | What looks like entities | Nord &amp; Co &#38; &lt;b&gt; ]]> |
      | Emoji                    | Nord 🚀 👩‍💻                       |
      | Writing from the right   | شركة النور חברת האור              |
      | Outer blanks             | "  Nord GmbH "                    |
      | The text null            | null                              |

  @V6 @R5
  Scenario Outline: A text is whole although the answer that brought it was cut off after <bytes> bytes
    Given these Salesforce accounts
      | known as | Name                           | Phone   |
      | odd      | 🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀 &amp; 株式会社 | 555-200 |
    And Salesforce's answer to the next query is cut off after <bytes> bytes
    When the importer runs
    Then the run is "completed"
    And Autotask has these companies
      | companyName                    | phone   |
      | Nord GmbH                      | 555-100 |
      | 🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀 &amp; 株式会社 | 555-200 |

    Examples:
      | bytes |
      | 500   |
      | 900   |
      | 1501  |
      | 1502  |
      | 1503  |

  @V7 @R4
  Scenario: A field that is hidden while an import lies killed keeps what that import wrote
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Fax | 555-201 |
    And the importer is killed while it changes a company
    And the Salesforce user does not see the field "Fax" of accounts
    And the importer runs again
    Then Autotask has these companies
      | companyName | fax     |
      | Nord GmbH   | 555-201 |
    When the Salesforce account "Nord GmbH" changes
      | Fax | 555-301 |
    And the Salesforce user sees the field "Fax" of accounts again
    And the importer compares everything
    Then Autotask has these companies
      | companyName | fax     |
      | Nord GmbH   | 555-301 |
