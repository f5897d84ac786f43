Feature: Worlds that nobody thought up

  @C1 @C2 @C3 @C4 @C7 @C8 @C9 @C10 @K1 @K2 @K3 @K4 @V1 @V2 @V4
  Scenario: A generated world is imported as the rules ask, record by record
    Given a generated world of 60 accounts and 180 contacts
    When the importer runs
    Then Autotask holds what the rules ask for

  @V5
  Scenario: The second import of a generated world writes nothing
    Given a generated world of 30 accounts and 90 contacts
    When the importer runs
    And the importer runs again
    Then Autotask receives no write
    And Autotask holds what the rules ask for
