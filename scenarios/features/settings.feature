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

  @S2
  Scenario: A field that the old extension left is offered before anything is written
    Given these Autotask user-defined fields
      | name                  | udfType | dataType           | isActive |
      | Salesforce Account ID | Company | Text (Single Line) | true     |
    When the importer runs
    Then the run is "failed"
    And the reason for the run's failure contains "importer settings set company_id_field"
    And Autotask has no companies

  @S1 @S2 @C1
  Scenario: Imports go on with the field that the old extension left once somebody says so
    Given these Autotask companies
      | companyName | phone   | Salesforce Account ID   |
      | Nord        | 555-100 | (the id of "Nord GmbH") |
    And what people edit is left to the ledger
    When somebody sets "company_id_field" to "Salesforce Account ID"
    And the importer runs
    Then the account "Nord GmbH" is linked by rule C1
    And Autotask has these companies
      | companyName | Salesforce Account ID   |
      | Nord GmbH   | (the id of "Nord GmbH") |

  @S2
  Scenario: A new field is made beside the old extension's if somebody wants that
    Given these Autotask user-defined fields
      | name                  | udfType | dataType           | isActive |
      | Salesforce Account ID | Company | Text (Single Line) | true     |
    And what people edit is left to the ledger
    When somebody sets "company_id_field" to "Salesforce Company ID"
    And the importer runs
    Then Autotask has these companies
      | companyName | Salesforce Company ID   |
      | Nord GmbH   | (the id of "Nord GmbH") |

  @S1
  Scenario: An import goes by what people saved
    Given what people edit is left to the ledger
    When the importer runs
    Then the run is "completed"
    And Autotask has these companies
      | companyName | ownerResourceID |
      | Nord GmbH   | Dana Default    |

  @S1 @C8
  Scenario: Another default account manager serves the next import
    Given these Autotask resources
      | firstName | lastName |
      | Ada       | Berg     |
    And what people edit is left to the ledger
    When somebody sets "default_account_manager" to "Ada Berg"
    And the importer runs
    Then Autotask has these companies
      | companyName | ownerResourceID |
      | Nord GmbH   | Ada Berg        |

  @S1
  Scenario: A default account manager who is inactive is not saved
    Given these Autotask resources
      | firstName | lastName | isActive |
      | Ada       | Berg     | false    |
    And what people edit is left to the ledger
    When somebody tries to set "default_account_manager" to "Ada Berg"
    Then that is refused, because "no active Autotask resources"

  @S1
  Scenario: The old extension's address is recognised and explained
    Given what people edit is left to the ledger
    When somebody tries to set "salesforce.url" to "https://www.salesforce.com/services/Soap/u/12.0"
    Then that is refused, because "https://login.salesforce.com/services/Soap/u/64.0"

  @S1
  Scenario: What the file has is changed there and nowhere else
    When somebody tries to set "salesforce.user" to "other@example.com"
    Then that is refused, because "`salesforce.user` is managed in"

  @S3
  Scenario: Going active writes nothing before the next tick
    Given what people edit is left to the ledger
    When somebody sets "active" to "true"
    Then Autotask has no companies

  @S3
  Scenario: An import that is launched needs nobody to have said that it is active
    Given what people edit is left to the ledger
    When somebody sets "active" to "false"
    And the importer runs
    Then the run is "completed"

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
