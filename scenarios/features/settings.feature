Feature: What an import needs around it

  Background:
    Given these Salesforce accounts
      | Name      |
      | Nord GmbH |

  @S2
  Scenario: The two user-defined fields are made once
    When the importer runs
    And the importer runs again
    Then Autotask has these user-defined fields
      | name                  | udfType | isActive |
      | Salesforce Company ID | Company | true     |
      | Salesforce Contact ID | Contact | true     |

  @S2
  Scenario: An inactive user-defined field of that name is an error that names it
    Given these Autotask user-defined fields
      | name                  | udfType | dataType           | isActive |
      | Salesforce Company ID | Company | Text (Single Line) | false    |
    When the importer runs
    Then the run is "failed"
    And the reason for the run's failure contains "Salesforce Company ID"
    And Autotask has no companies

  @R12
  Scenario: A ledger refuses another Salesforce organization
    When the importer runs
    And the importer is pointed at another Salesforce organization
    And the importer runs again
    Then the importer refuses to run, because "belongs to Salesforce organization"
    And Autotask has these companies
      | companyName |
      | Nord GmbH   |

  @R12
  Scenario: A ledger refuses another Autotask database
    When the importer runs
    And the importer is pointed at another Autotask database
    And the importer runs again
    Then the importer refuses to run, because "belongs to Autotask"
    And Autotask has no companies

  @C8
  Scenario: A default account manager who is nobody ends the run before anything is written
    Given the default account manager is "No Body"
    When the importer runs
    Then the run is "failed"
    And the reason for the run's failure contains "No Body"
    And Autotask has no companies
