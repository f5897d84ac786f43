Feature: Nobody is surprised by an import that changes most of what there is

  Background:
    Given these Salesforce accounts
      | Name      | BillingCity |
      | Nord GmbH | Berlin      |

  @R10
  Scenario: The first import may create as much as there is
    Given 120 more Salesforce accounts
    When the importer runs
    Then the run is "completed"
    And the run counts 121 accounts as created

  @R10 @R1
  Scenario: A later import that would create more than a hundred and more than half of what is linked writes nothing
    When the importer runs
    And 101 more Salesforce accounts
    And the importer runs again
    Then the run is "awaiting approval"
    And Autotask receives no write
    And Autotask has these companies
      | companyName |
      | Nord GmbH   |

  @R10
  Scenario: A hundred are not more than a hundred
    When the importer runs
    And 100 more Salesforce accounts
    And the importer runs again
    Then the run is "completed"
    And the run counts 100 accounts as created

  @R10
  Scenario: What somebody approved is done by the next import, scheduled or not
    When the importer runs
    And 101 more Salesforce accounts
    And the importer runs again
    And somebody approves that run
    And a scheduled import runs
    Then the run is "completed"
    And the run counts 101 accounts as created

  @R10
  Scenario: More than a tenth above what was approved has to be approved again
    When the importer runs
    And 101 more Salesforce accounts
    And the importer runs again
    And somebody approves that run
    And 12 more Salesforce accounts
    And a scheduled import runs
    Then the run is "awaiting approval"
    And Autotask receives no write

  @R10
  Scenario: An approval lapses after a day
    When the importer runs
    And 101 more Salesforce accounts
    And the importer runs again
    And somebody approves that run
    And 1441 minutes pass
    And a scheduled import runs
    Then the run is "awaiting approval"

  @R10 @R3
  Scenario: What waits for approval is read again by each later import
    When 60 minutes pass
    And the importer runs
    And 101 more Salesforce accounts
    And a scheduled import runs
    Then the run is "awaiting approval"
    When 60 minutes pass
    And a scheduled import runs
    Then the run is "awaiting approval"
    And the run reads 101 accounts and 0 contacts

  @R10 @N3
  Scenario: Waiting for approval is told once
    Given the notification recipients are "Dana Default"
    And notifications are quiet
    When a scheduled import runs
    And 101 more Salesforce accounts
    And 3 scheduled imports run
    Then "dana@example.com" has received 2 e-mails
    And the last e-mail to "dana@example.com" says "importer approve 2"

  @R10 @U1
  Scenario: Pairs that look taken apart by the dozen are left alone, and linked when their ids are back
    Given the setting "guard_records" is "1"
    And these Salesforce accounts
      | Name    |
      | Süd AG  |
      | West Oy |
    When the importer runs
    And the Autotask company "Nord GmbH" changes
      | Salesforce Company ID |  |
    And the Autotask company "Süd AG" changes
      | Salesforce Company ID |  |
    And the importer runs again
    Then the run is "awaiting approval"
    When the Autotask company "Nord GmbH" changes
      | Salesforce Company ID | (the id of "Nord GmbH") |
    And the Autotask company "Süd AG" changes
      | Salesforce Company ID | (the id of "Süd AG") |
    And the importer runs again
    Then the run is "completed"
    And the account "Nord GmbH" is unchanged
    And the account "Süd AG" is unchanged

  @R10 @R8
  Scenario: Accounts deleted by the dozen make nothing inactive without approval
    Given the setting "guard_records" is "1"
    And the setting "deleted_records" is "deactivate"
    And these Salesforce accounts
      | Name    |
      | Süd AG  |
      | West Oy |
    When the importer runs
    And the Salesforce account "Nord GmbH" is deleted
    And the Salesforce account "Süd AG" is deleted
    And a scheduled import runs
    Then the run is "awaiting approval"
    And Autotask has these companies
      | companyName | isActive |
      | Nord GmbH   | true     |
      | Süd AG      | true     |
      | West Oy     | true     |
    When somebody approves that run
    And a scheduled import runs
    Then Autotask has these companies
      | companyName | isActive |
      | Nord GmbH   | false    |
      | Süd AG      | false    |
      | West Oy     | true     |

  @R10 @U1 @S3
  Scenario: Pairs that a scheduled import found taken apart wait for approval at each tick, and are given up once it is there
    Given the setting "guard_records" is "1"
    And these Salesforce accounts
      | Name    |
      | Süd AG  |
      | West Oy |
    When a scheduled import runs
    And the Autotask company "Nord GmbH" changes
      | Salesforce Company ID |  |
    And the Autotask company "Süd AG" changes
      | Salesforce Company ID |  |
    And 1440 minutes pass
    And a scheduled import runs
    Then the run is "awaiting approval"
    When 20 minutes pass
    And a scheduled import runs
    Then the run is "awaiting approval"
    When somebody approves that run
    And a scheduled import runs
    Then the account "Nord GmbH" is un-mapped by rule U1
    And the account "Süd AG" is un-mapped by rule U1
    And the account "West Oy" is unchanged
