Feature: The ways into Salesforce

  Background:
    Given these Salesforce accounts
      | Name      |
      | Nord GmbH |
      | Süd AG    |

  @R5 @interruption
  Scenario Outline: An import signs in by <way>, and again when its session expires
    Given the importer signs in by "<way>"
    And Salesforce answers the next query with the fault "INVALID_SESSION_ID"
    When the importer runs
    Then the run is "completed"
    And the run counts 2 accounts as created

    Examples:
      | way                |
      | password           |
      | client-credentials |
      | jwt                |

  @R12
  Scenario: However the importer signs in, the ledger knows the organization
    Given the importer signs in by "client-credentials"
    When the importer runs
    And the importer is pointed at another Salesforce organization
    And the importer runs again
    Then the importer refuses to run, because "belongs to Salesforce organization"

  @R1 @R5
  Scenario: A wrong client secret writes nothing, and says so
    Given the importer signs in by "client-credentials"
    And the importer is told the Salesforce client secret "wrong"
    When the importer runs
    Then the run is "failed"
    And the reason for the run's failure contains "check `client_secret`"
    And Autotask has no companies

  @R1 @S6
  Scenario: An organization that has switched login() off says what to change
    Given Salesforce has switched login() off
    When the importer runs
    Then the run is "failed"
    And the reason for the run's failure contains "login() is switched off in this organization"
    And Autotask has no companies

  @R1 @S6
  Scenario: An API version that Salesforce does not know says what to change
    Given the importer signs in by "jwt"
    And the importer is told the API version "99.0"
    When the importer runs
    Then the run is "failed"
    And the reason for the run's failure contains "does not know this API version"
    And Autotask has no companies

  @S1
  Scenario: An API version of one's own is used
    Given the importer is told the API version "58.0"
    When the importer runs
    Then the run is "completed"
    And the run counts 2 accounts as created
