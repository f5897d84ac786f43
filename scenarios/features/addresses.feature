Feature: Credentials and records go to the right systems alone

  Background:
    Given these Salesforce accounts
      | Name      |
      | Nord GmbH |

  @R12 @S6
  Scenario Outline: A zone that is not Autotask's is not followed: <what>
    Given Autotask says that the database lives at "<address>"
    When the importer runs
    Then the run is "failed"
    And the reason for the run's failure contains "it is not followed"

    Examples:
      | what                       | address                              |
      | another host               | https://autotask.example.org         |
      | a name that looks alike    | https://127.0.0.1.example.org        |
      | a host of the other vendor | https://webservices.salesforce.com   |

  @S2 @C1
  Scenario: A lost ledger and a user-defined field of another name make no duplicates once that is said
    Given the setting "company_id_field" is "CRM Company"
    When the importer runs
    And the importer's ledger is lost
    And the importer runs again
    Then the account "Nord GmbH" is linked by rule C1
    And Autotask has these companies
      | companyName | CRM Company             |
      | Nord GmbH   | (the id of "Nord GmbH") |

  @S2
  Scenario: A user-defined field that holds no text is an error that names it
    Given these Autotask user-defined fields
      | name                  | udfType | dataType | isActive |
      | Salesforce Company ID | Company | Number   | true     |
    When the importer runs
    Then the run is "failed"
    And the reason for the run's failure contains "must hold text"
    And Autotask has no companies

  @S2 @R4
  Scenario: A user-defined field that vanished while records are linked stops the import
    Given the setting "company_id_field" is "CRM Company"
    When the importer runs
    And the setting "company_id_field" is "CRM Firm"
    And the importer runs again
    Then the run is "failed"
    And the reason for the run's failure contains "has no user-defined field CRM Firm any more"
