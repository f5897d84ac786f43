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

  @R2
  Scenario Outline: One change that Autotask answers with HTTP status <status> keeps no other from being made
    When the importer runs
    And Autotask answers each change of a company that says "555-666" with HTTP status <status>
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-666 |
    And the Salesforce account "Süd AG" changes
      | Phone | 555-777 |
    And the Salesforce contact "Ada Berg" changes
      | Title | CTO |
    And the importer runs again
    Then the run is "completed with errors"
    And the account "Nord GmbH" is refused by rule R2
    And the reason for the account "Nord GmbH" contains "<status>"
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | unknown |
      | Süd AG      | 555-777 |
    And Autotask has these contacts
      | lastName | title |
      | Berg     | CTO   |

    Examples:
      | status |
      | 502    |
      | 413    |

  @R2 @R5
  Scenario: A right that Autotask's user lacks ends the import at the first record, and says so
    Given the Autotask user may not create a contact
    And there are 40 Salesforce contacts of the account "Nord GmbH"
    When the importer runs
    Then the run is "failed"
    And the reason for the run's failure contains "security level"
    And Autotask has these companies
      | companyName |
      | Nord GmbH   |
      | Süd AG      |
    And Autotask has no contacts
    # Of the 41 contacts no more are tried than are written at a time.
    And the run takes at most 4 requests to Salesforce and 29 to Autotask

  @R4 @interruption
  Scenario Outline: A <what> whose answer was lost is not made twice
    Given the answer to the create of the <what> "<name>" is lost
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
      | what    | name      |
      | company | Nord GmbH |
      | contact | Ada Berg  |

  @R2 @K3
  Scenario: A company that Autotask refuses is reported, and the others are made
    Given Autotask refuses to create the company "Nord GmbH" with "Data violation: not today."
    When the importer runs
    Then the run is "completed with errors"
    And the run counts 1 account as refused
    And the run counts 1 account as created
    And the reason for the account "Nord GmbH" contains "not today"
    And the contact "Ada Berg" is deferred

  @R2
  Scenario: What was refused is decided on again by the next run
    Given Autotask refuses to create the company "Nord GmbH" with "Data violation: not today."
    When the importer runs
    And the importer runs again
    Then the run is "completed"
    And the account "Nord GmbH" is created by rule C1
    And the contact "Ada Berg" is created by rule K1

  @R4 @interruption
  Scenario: A company whose create never arrived is made by a later run
    Given the create of the company "Nord GmbH" never reaches Autotask
    When the importer runs
    And 60 minutes pass
    And the importer runs again
    Then Autotask has these companies
      | companyName |
      | Nord GmbH   |
      | Süd AG      |

  @K3
  Scenario: A contact that waited for its account is imported once the account is linked
    Given these Autotask companies
      | known as | companyName | city   | phone   |
      | one      | Nord GmbH   | Berlin | 555-100 |
      | two      | Nord GmbH   | Berlin | 555-200 |
    When the importer runs
    Then the contact "Ada Berg" is deferred by rule K3
    When the Autotask company "two" changes
      | city | Potsdam |
    And the importer runs again
    Then the account "Nord GmbH" is linked by rule C1
    And the contact "Ada Berg" is created by rule K1

  @R5 @interruption
  Scenario: A session that expires is renewed
    Given Salesforce answers the next query with the fault "INVALID_SESSION_ID"
    When the importer runs
    Then the run is "completed"
    And the run counts 2 accounts as created
