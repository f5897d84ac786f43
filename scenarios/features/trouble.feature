Feature: What goes wrong does no harm

  Background:
    Given these Salesforce accounts
      | Name      | BillingCity |
      | Nord GmbH | Berlin      |
      | Süd AG    | München     |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Ada       | Berg     | Nord GmbH |

  @R1 @R5
  Scenario Outline: A wrong <what> writes nothing, and says so
    Given the importer is told the <what> "wrong"
    When the importer runs
    Then the run is "failed"
    And the reason for the run's failure contains "<words>"
    And Autotask has no companies

    Examples:
      | what                | words      |
      | Salesforce token    | Salesforce |
      | Salesforce password | Salesforce |
      | Autotask secret     | Autotask   |

  @R4
  Scenario Outline: A <what> whose answer was lost is not made twice
    Given the answer to the next <what> create is lost
    When the importer runs
    And the importer runs again
    Then Autotask has these companies
      | companyName | Salesforce Company ID   |
      | Nord GmbH   | (the id of "Nord GmbH") |
      | Süd AG      | (the id of "Süd AG")    |
    And Autotask has these contacts
      | firstName | lastName | companyID |
      | Ada       | Berg     | Nord GmbH |

    Examples:
      | what    |
      | company |
      | contact |

  @R2 @K3
  Scenario: A company that Autotask refuses is reported, and the others are made
    Given Autotask refuses the next company create with "Data violation: not today."
    When the importer runs
    Then the run is "completed with errors"
    And the run counts 1 account as refused
    And the run counts 1 account as created
    And the reason for the account "Nord GmbH" contains "not today"
    And the contact "Ada Berg" is deferred

  @R5
  Scenario: A session that expires is renewed
    Given Salesforce answers the next query with the fault "INVALID_SESSION_ID"
    When the importer runs
    Then the run is "completed"
    And the run counts 2 accounts as created
