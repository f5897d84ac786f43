Feature: The requests of the hour and of the day are shared

  Imports may fill Autotask's hour to 75 per cent, and leave the last tenth of Salesforce's day.

  Background:
    Given these Salesforce accounts
      | Name      | BillingCity |
      | Nord GmbH | Berlin      |

  @R6
  Scenario: Autotask's hour is used up: the import waits and goes on
    Given there are 60 Salesforce contacts of the account "Nord GmbH"
    And Autotask takes 60 requests an hour
    When the importer runs
    Then the run is "completed"
    And the run counts 60 contacts as created
    And the run takes at least 60 minutes
    And no hour of the importer has more than 45 requests to Autotask

  @R6
  Scenario: What other integrations use is left out of the import's share
    Given there are 60 Salesforce contacts of the account "Nord GmbH"
    And Autotask takes 200 requests an hour
    And other integrations make 80 of them
    When the importer runs
    Then the run is "completed"
    And the run counts 60 contacts as created
    And the run takes at least 60 minutes
    And no hour of the importer has more than 70 requests to Autotask

  @R6
  Scenario: What fits into the hour is not slowed down
    Given there are 60 Salesforce contacts of the account "Nord GmbH"
    And Autotask takes 10000 requests an hour
    When the importer runs
    Then the run counts 60 contacts as created
    And the run takes less than 1 minutes

  @R6
  Scenario: Where all integrations are refused for the hour, the import waits for it
    Given there are 3 Salesforce contacts of the account "Nord GmbH"
    And Autotask refuses the next 2 queries, as the hour is used up
    When the importer runs
    Then the run is "completed"
    And the run counts 3 contacts as created
    And the run takes at least 10 minutes
    And the run takes less than 60 minutes

  @R6
  Scenario: What is left of Salesforce's day is left to others
    Given there are 3 Salesforce contacts of the account "Nord GmbH"
    And Salesforce takes 3 requests a day
    When the importer runs
    Then the run is "failed"
    And the reason for the run's failure contains "left to other integrations"
    And Autotask has no companies
