Feature: A later import reads what changed, and what waited for it

  Background:
    Given these Salesforce accounts
      | Name      | BillingCity | Phone   |
      | Nord GmbH | Berlin      | 555-100 |
      | Süd AG    | München     | 555-200 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId | Title |
      | Ada       | Berg     | Nord GmbH | CEO   |
      | Bert      | Holm     | Süd AG    | CFO   |

  @R3 @V5
  Scenario: Where nothing changed, an import costs a handful of requests
    When 60 minutes pass
    And the importer runs
    And 60 minutes pass
    And a scheduled import runs
    Then the run is "completed"
    And the run reads 0 accounts and 0 contacts
    And the run takes at most 4 requests to Salesforce and 3 to Autotask

  @R3
  Scenario: Only what changed is read
    When 60 minutes pass
    And the importer runs
    And 60 minutes pass
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-111 |
    And a scheduled import runs
    Then the run reads 1 account and 0 contacts
    And the account "Nord GmbH" is updated by rule V3
    And Autotask receives 1 write

  @R3
  Scenario: What changes while an import runs is read by the next
    When 60 minutes pass
    And the importer runs
    And the Salesforce contact "Ada Berg" changes
      | Title | CTO |
    And a scheduled import runs
    Then the contact "Ada Berg" is updated by rule V3

  @R3 @R1
  Scenario: On request everything is compared
    When 60 minutes pass
    And the importer runs
    And 60 minutes pass
    And the importer compares everything
    Then the run reads 2 accounts and 2 contacts
    And the account "Nord GmbH" is unchanged
    And Autotask receives no write

  @R3 @C8
  Scenario: What reading changes cannot see, the weekly comparison finds
    When 60 minutes pass
    And the importer runs
    And 10080 minutes pass
    And a scheduled import runs
    Then the run reads 2 accounts and 2 contacts

  @K3 @C3 @R3
  Scenario: A contact that waits for a held account comes when the account does, although it did not change itself
    Given these Autotask companies
      | known as | companyName | city   | phone   |
      | one      | Nord GmbH   | Berlin | 555-100 |
      | two      | Nord GmbH   | Berlin | 555-200 |
    When 60 minutes pass
    And the importer runs
    Then the account "Nord GmbH" is held by rule C3
    And the contact "Ada Berg" is deferred by rule K3
    When 60 minutes pass
    And a scheduled import runs
    Then the run reads 0 accounts and 0 contacts
    When 60 minutes pass
    And the Autotask company "two" changes
      | city | Potsdam |
    And a scheduled import runs
    Then the account "Nord GmbH" is linked by rule C1
    And the contact "Ada Berg" is created by rule K1
    And the run reads 1 account and 1 contact

  @R2
  Scenario: A refused record is tried again after an hour, though nothing changed
    Given Autotask refuses to create the company "Nord GmbH" with "Data violation: not today."
    When 60 minutes pass
    And the importer runs
    Then the account "Nord GmbH" is refused by rule R2
    When 30 minutes pass
    And a scheduled import runs
    Then the run reads 0 accounts and 0 contacts
    When 31 minutes pass
    And a scheduled import runs
    Then the account "Nord GmbH" is created by rule C1
    And the contact "Ada Berg" is created by rule K1

  @R2 @C8
  Scenario: What was refused for want of a setting is tried again when the settings change
    Given there is no default account manager
    When 60 minutes pass
    And the importer runs
    Then the account "Nord GmbH" is refused by rule C8
    When 20 minutes pass
    And the default account manager is "Dana Default"
    And a scheduled import runs
    Then the account "Nord GmbH" is created by rule C1
    And the contact "Ada Berg" is created by rule K1

  @C4 @R3
  Scenario: A duplicate waits until the other's key changes
    Given these Salesforce accounts
      | known as | Name      | BillingCity | Phone   |
      | copy     | Nord GmbH | Berlin      | 555-300 |
    When 60 minutes pass
    And the importer runs
    Then the account "copy" is duplicate by rule C4
    When 60 minutes pass
    And the Salesforce account "Nord GmbH" changes
      | BillingCity | Kiel |
    And a scheduled import runs
    Then the account "Nord GmbH" is updated by rule V3
    When a scheduled import runs
    Then the account "copy" is created by rule C1

  @C4 @V3
  Scenario: A duplicate is free once the other's key changes, although Autotask had the new one already
    Given these Salesforce accounts
      | known as | Name      | BillingCity | Phone   |
      | copy     | Nord GmbH | Berlin      | 555-300 |
    When 60 minutes pass
    And the importer runs
    And the Autotask company "Nord GmbH" changes
      | city | Kiel |
    And 60 minutes pass
    And the importer runs
    Then the account "copy" is duplicate by rule C4
    When the Salesforce account "Nord GmbH" changes
      | BillingCity | Kiel |
    And a scheduled import runs
    And a scheduled import runs
    Then the account "copy" is created by rule C1

  @U1 @R3
  Scenario: A pair that was taken apart is noticed when a person launches an import
    When 60 minutes pass
    And the importer runs
    And 60 minutes pass
    And the Autotask company "Nord GmbH" changes
      | Salesforce Company ID |  |
    And the importer runs again
    Then the account "Nord GmbH" is un-mapped by rule U1
    And Autotask receives no write

  @U1 @R3
  Scenario: A pair that was taken apart stays so in the schedule's imports
    When 60 minutes pass
    And the importer runs
    And 60 minutes pass
    And the Autotask company "Nord GmbH" changes
      | Salesforce Company ID |  |
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-111 |
    And a scheduled import runs
    Then the account "Nord GmbH" is un-mapped by rule U1
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID |
      | Nord GmbH   | 555-100 |                       |
      | Süd AG      | 555-200 | (the id of "Süd AG")  |

  @C1 @R3
  Scenario: A company that somebody made meanwhile is found, not doubled
    When 60 minutes pass
    And the importer runs
    And 60 minutes pass
    And these Autotask companies
      | known as | companyName | city   | phone   |
      | by hand  | West KG     | Bremen | 555-400 |
    And these Salesforce accounts
      | Name    | BillingCity | Phone   |
      | West KG | Bremen      | 555-401 |
    And a scheduled import runs
    Then the account "West KG" is linked by rule C1
