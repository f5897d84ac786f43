Feature: Fields that Salesforce changes, people edit, or nobody sees

  Background:
    Given these Salesforce accounts
      | Name      | BillingCity | Phone   | Fax     | Website                  | Rating | Type    | Industry | BillingCountry |
      | Nord GmbH | Berlin      | 555-100 | 555-101 | https://nord.example.com | Hot    | Partner | Banking  | Germany        |
    And these Salesforce contacts
      | FirstName | LastName | AccountId | Title | Phone   | Email           |
      | Ada       | Berg     | Nord GmbH | CEO   | 555-110 | ada@example.com |

  @V3 @V5
  Scenario: A change to what Autotask holds already writes nothing
    When the importer runs
    And the Autotask company "Nord GmbH" changes
      | phone | 555-200 |
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And the importer runs again
    Then the run is "completed"
    And Autotask receives no write

  @V5
  Scenario: A change to a field that is not imported writes nothing
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Description | A good customer |
    And a scheduled import runs
    Then the account "Nord GmbH" is unchanged
    And Autotask receives no write

  @V3
  Scenario: A change and its reverse between two imports write nothing
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-100 |
    And a scheduled import runs
    Then the account "Nord GmbH" is unchanged
    And Autotask receives no write

  @V3 @R2
  Scenario: A change that Autotask refused is made once it is accepted
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And Autotask refuses the next change of a company with "Data violation: not today."
    And the importer runs again
    Then the run is "completed with errors"
    And the account "Nord GmbH" is refused by rule R2
    When 61 minutes pass
    And a scheduled import runs
    Then the account "Nord GmbH" is updated by rule V3
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-200 |

  @V3
  Scenario: Of two fields that Salesforce changed, people's edit of a third stays
    When the importer runs
    And the Autotask contact "Ada Berg" changes
      | phone | 555-777 |
    And the Salesforce contact "Ada Berg" changes
      | Title | CTO               |
      | Email | berg@example.com  |
    And the importer runs again
    Then Autotask has these contacts
      | firstName | title | emailAddress     | phone   |
      | Ada       | CTO   | berg@example.com | 555-777 |

  @V3
  Scenario Outline: A field whose policy is <policy> and that somebody edited ends as <phone>
    Given the setting "field_policies" is "company.phone=<policy>"
    When the importer runs
    And the Autotask company "Nord GmbH" changes
      | phone | <edited> |
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | <phone> |

    Examples:
      | policy     | edited  | phone   |
      | salesforce | 555-777 | 555-200 |
      | autotask   | 555-777 | 555-777 |
      | fill-empty | 555-777 | 555-777 |

  @V4
  Scenario Outline: First linking with the policy <policy> leaves the fax at <fax>
    Given the setting "first_link" is "<policy>"
    And these Autotask companies
      | known as | companyName | city   | phone   | fax     | webAddress |
      | nord     | Nord GmbH   | Berlin | 555-900 | 555-901 |            |
    When the importer runs
    Then Autotask has these companies
      | companyName | fax   | webAddress               |
      | Nord GmbH   | <fax> | https://nord.example.com |

    Examples:
      | policy     | fax     |
      | salesforce | 555-101 |
      | fill-empty | 555-901 |

  @V4 @K1
  Scenario: First linking of a contact sets what differs and clears nothing
    Given these Autotask companies
      | known as | companyName | city   | phone   |
      | nord     | Nord GmbH   | Berlin | 555-100 |
    And these Autotask contacts
      | companyID | firstName | lastName | title | mobilePhone |
      | nord      | Ada       | Berg     | CFO   | 555-999     |
    When the importer runs
    Then Autotask has these contacts
      | firstName | title | phone   | mobilePhone |
      | Ada       | CEO   | 555-110 | 555-999     |

  @C9 @V3
  Scenario: A rating that Autotask does not have leaves the classification as it was
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Rating | Lukewarm |
    And the importer runs again
    Then Autotask has these companies
      | companyName | classification |
      | Nord GmbH   | Hot            |

  @C9 @V3
  Scenario: An industry that Autotask does not have empties the market segment
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Industry | Apparel |
    And the importer runs again
    Then Autotask has these companies
      | companyName | marketSegmentID |
      | Nord GmbH   |                 |

  @C9 @V4
  Scenario: A type that Autotask does not have makes nobody a customer who is something else
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Type | Installation Partner |
    And the importer runs again
    Then Autotask has these companies
      | companyName | companyType |
      | Nord GmbH   | Partner     |

  @C10 @V3
  Scenario Outline: A country that becomes <what> leaves the company's at <country>
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | BillingCountry | <new> |
    And the importer runs again
    Then Autotask has these companies
      | companyName | countryID |
      | Nord GmbH   | <country> |

    Examples:
      | what     | new      | country |
      | another  | France   | France  |
      | a code   | fr       | France  |
      | unknown  | Atlantis | Germany |
      | none     |          |         |

  @C8 @V3
  Scenario: An owner who becomes nobody known leaves the account manager as it was
    Given these Autotask resources
      | firstName | lastName |
      | Jo        | Lund     |
    And the Salesforce account "Nord GmbH" changes
      | OwnerId | Jo Lund |
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | OwnerId | Nobody Here |
    And the importer runs again
    Then Autotask has these companies
      | companyName | ownerResourceID |
      | Nord GmbH   | Jo Lund         |

  @V2 @V3
  Scenario: A phone number that is emptied in Salesforce is left, as Autotask requires one
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Phone |  |
    And the importer runs again
    Then the run is "completed"
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |

  @V2 @V3
  Scenario: A phone number that comes later replaces the placeholder
    Given these Salesforce accounts
      | Name   |
      | Süd AG |
    When the importer runs
    And the Salesforce account "Süd AG" changes
      | Phone | 555-300 |
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |
      | Süd AG      | 555-300 |

  @V2
  Scenario: Another placeholder serves new companies
    Given the setting "company_phone_placeholder" is "n/a"
    And these Salesforce accounts
      | Name   |
      | Süd AG |
    When the importer runs
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |
      | Süd AG      | n/a     |

  @K4
  Scenario: A first name that is emptied in Salesforce is left, as Autotask requires one
    When the importer runs
    And the Salesforce contact "Ada Berg" changes
      | FirstName |  |
    And the importer runs again
    Then the run is "completed"
    And Autotask has these contacts
      | firstName | lastName |
      | Ada       | Berg     |

  @V7
  Scenario: A field that the Salesforce user does not see any more is left alone, and the run says so
    When the importer runs
    And the Salesforce user does not see the field "Fax" of accounts
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And the importer runs again
    Then the run warns "Fax"
    And Autotask has these companies
      | companyName | phone   | fax     |
      | Nord GmbH   | 555-200 | 555-101 |

  @V3 @C9
  Scenario: A type that would have been the fallback is written once Salesforce has it
    Given these Autotask companies
      | known as | companyName | city   | phone   | companyType |
      | nord     | Nord GmbH   | Berlin | 555-100 | Vendor      |
    And the Salesforce account "Nord GmbH" changes
      | Type | Competitor |
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Type | Customer |
    And the importer runs again
    Then Autotask has these companies
      | companyName | companyType |
      | Nord GmbH   | Customer    |

  @V7 @V3
  Scenario Outline: That <field> is not seen for a while undoes nobody's edit and changes nothing
    Given these Autotask resources
      | firstName | lastName | email           |
      | Ann       | Archer   | ann@example.com |
    When the importer runs
    And the Autotask company "Nord GmbH" changes
      | phone | 555-777 |
    And the Salesforce user does not see the field "<field>" of accounts
    And the importer compares everything
    Then the account "Nord GmbH" is unchanged
    And Autotask receives no write
    When the Salesforce account "Nord GmbH" changes
      | Fax | 555-201 |
    And the importer runs again
    And the Salesforce user sees the field "<field>" of accounts again
    And the importer compares everything
    Then the account "Nord GmbH" is unchanged
    And Autotask has these companies
      | companyName | phone   | fax     |
      | Nord GmbH   | 555-777 | 555-201 |

    Examples:
      | field |
      | Phone |
      | Type  |

  @V7 @R3
  Scenario: Once a field can be seen again, the next imports find by themselves what changed meanwhile
    When the importer runs
    And the Salesforce user does not see the field "Fax" of accounts
    And the Salesforce account "Nord GmbH" changes
      | Fax | 555-201 |
    And a scheduled import runs
    And 60 minutes pass
    And a scheduled import runs
    And the Salesforce user sees the field "Fax" of accounts again
    And a scheduled import runs
    And a scheduled import runs
    Then Autotask has these companies
      | companyName | fax     |
      | Nord GmbH   | 555-201 |

  @V7 @V3
  Scenario: That a field can be seen again is not forgotten because that import fails
    When the importer runs
    And the Salesforce user does not see the field "Fax" of accounts
    And the Salesforce account "Nord GmbH" changes
      | Fax | 555-201 |
    And a scheduled import runs
    And 60 minutes pass
    And a scheduled import runs
    And the Salesforce user sees the field "Fax" of accounts again
    And the Salesforce user does not see the field "LastName" of contacts
    And a scheduled import runs
    Then the run is "failed"
    When the Salesforce user sees the field "LastName" of contacts again
    And a scheduled import runs
    And a scheduled import runs
    Then Autotask has these companies
      | companyName | fax     |
      | Nord GmbH   | 555-201 |

  @V7 @V3
  Scenario: A field that can be seen again takes up what changed meanwhile
    When the importer runs
    And the Salesforce user does not see the field "Fax" of accounts
    And the Salesforce account "Nord GmbH" changes
      | Fax | 555-201 |
    And the importer runs again
    And the Salesforce user sees the field "Fax" of accounts again
    And the importer compares everything
    Then Autotask has these companies
      | companyName | fax     |
      | Nord GmbH   | 555-201 |

  @V7 @C1
  Scenario Outline: Without the <field> of <what>, by which records are recognised, nothing is imported
    Given the Salesforce user does not see the field "<field>" of <what>
    When the importer runs
    Then the run is "failed"
    And the reason for the run's failure contains "<field>"
    And Autotask has no contacts

    Examples:
      | what     | field         |
      | accounts | BillingStreet |
      | accounts | BillingCity   |
      | contacts | FirstName     |
