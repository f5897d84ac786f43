Feature: A contact moves to another account

  Background:
    Given these Salesforce accounts
      | Name      | BillingCity |
      | Nord GmbH | Berlin      |
      | Süd AG    | München     |
    And these Salesforce contacts
      | FirstName | LastName | AccountId | Title |
      | Ada       | Berg     | Nord GmbH | CEO   |

  @K5
  Scenario: By default the move is reported and the contact stays
    When the importer runs
    And the Salesforce contact "Ada Berg" changes
      | AccountId | Süd AG |
      | Title     | CTO    |
    And the importer runs again
    Then the contact "Ada Berg" is updated by rule V3
    And the reason for the contact "Ada Berg" contains "moved from account"
    And Autotask has these contacts
      | firstName | lastName | companyID | title |
      | Ada       | Berg     | Nord GmbH | CTO   |

  @K5
  Scenario: Where the settings say so, it is made anew in the other company
    Given the setting "moved_contacts" is "recreate"
    When the importer runs
    And the Salesforce contact "Ada Berg" changes
      | AccountId | Süd AG |
      | Title     | CTO    |
    And the importer runs again
    Then the contact "Ada Berg" is created by rule K5
    And Autotask has these contacts
      | firstName | lastName | companyID | title | isActive | Salesforce Contact ID  |
      | Ada       | Berg     | Nord GmbH | CEO   | false    |                        |
      | Ada       | Berg     | Süd AG    | CTO   | true     | (the id of "Ada Berg") |
    When the importer runs again
    Then the contact "Ada Berg" is unchanged
    And Autotask receives no write

  @K5 @K1
  Scenario: Whoever is in the other company already is not made there once more
    Given the setting "moved_contacts" is "recreate"
    When the importer runs
    And these Autotask contacts
      | companyID | firstName | lastName |
      | Süd AG    | ADA       | Berg     |
    And the Salesforce contact "Ada Berg" changes
      | AccountId | Süd AG |
      | Title     | CTO    |
    And the importer runs again
    Then the contact "Ada Berg" is updated by rule V3
    And the reason for the contact "Ada Berg" contains "of the same name already"
    And Autotask has these contacts
      | firstName | lastName | companyID | title | isActive | Salesforce Contact ID  |
      | Ada       | Berg     | Nord GmbH | CTO   | true     | (the id of "Ada Berg") |
      | ADA       | Berg     | Süd AG    |       | true     |                        |

  @K5 @R4 @interruption
  Scenario: A move that is cut off is finished, and nothing is there twice
    Given the setting "moved_contacts" is "recreate"
    When the importer runs
    And the Salesforce contact "Ada Berg" changes
      | AccountId | Süd AG |
    And the answer to the create of the contact "Berg" is lost
    And the importer runs again
    And the importer runs again
    Then Autotask has these contacts
      | firstName | lastName | companyID | isActive | Salesforce Contact ID  |
      | Ada       | Berg     | Nord GmbH | false    |                        |
      | Ada       | Berg     | Süd AG    | true     | (the id of "Ada Berg") |

  @K5 @C4 @U4
  Scenario: The duplicate of a contact that is gone from Autotask is made once that has moved
    Given these Salesforce contacts
      | known as | FirstName | LastName | AccountId |
      | again    | Ada       | Berg     | Nord GmbH |
    When the importer runs
    Then the contact "again" is duplicate by rule C4
    When the Autotask contact "Ada Berg" is deleted
    And the importer runs again
    And the Salesforce contact "Ada Berg" changes
      | AccountId | Süd AG |
    And a scheduled import runs
    Then the contact "Ada Berg" is gone by rule U4
    And the contact "again" is created by rule K1
    And Autotask has these contacts
      | firstName | lastName | companyID | Salesforce Contact ID |
      | Ada       | Berg     | Nord GmbH | (the id of "again")   |

  @K5 @K1
  Scenario: The duplicate of a contact that has moved is left to a person, as that one stays where it is
    Given these Salesforce contacts
      | known as | FirstName | LastName | AccountId |
      | again    | Ada       | Berg     | Nord GmbH |
    When the importer runs
    And the Salesforce contact "Ada Berg" changes
      | AccountId | Süd AG |
    And a scheduled import runs
    Then the contact "again" is held by rule K1
    And Autotask has these contacts
      | firstName | lastName | companyID | Salesforce Contact ID  |
      | Ada       | Berg     | Nord GmbH | (the id of "Ada Berg") |

  @K2 @K1
  Scenario: The duplicate of a contact that has no account any more is left to a person
    Given these Salesforce contacts
      | known as | FirstName | LastName | AccountId |
      | again    | Ada       | Berg     | Nord GmbH |
    When the importer runs
    Then the contact "again" is duplicate by rule C4
    When the Salesforce contact "Ada Berg" changes
      | AccountId | |
    And a scheduled import runs
    Then the contact "Ada Berg" is orphan by rule K2
    And the contact "again" is held by rule K1
    When the Salesforce contact "Ada Berg" changes
      | AccountId | Nord GmbH |
    And a scheduled import runs
    Then the contact "again" is duplicate by rule C4
    And Autotask has these contacts
      | firstName | lastName | companyID | Salesforce Contact ID  |
      | Ada       | Berg     | Nord GmbH | (the id of "Ada Berg") |

  @K2 @K1 @R8
  Scenario: The duplicate of a contact that moved and then lost its account is made
    Given these Salesforce contacts
      | known as | FirstName | LastName | AccountId |
      | again    | Ada       | Berg     | Nord GmbH |
    When the importer runs
    And the Salesforce account "Nord GmbH" is merged into "Süd AG"
    And a scheduled import runs
    Then the contact "again" is duplicate by rule C4
    When the Salesforce contact "Ada Berg" changes
      | AccountId | |
    And a scheduled import runs
    Then the contact "again" is created by rule K1
    And Autotask has these contacts
      | firstName | lastName | companyID | Salesforce Contact ID  |
      | Ada       | Berg     | Nord GmbH | (the id of "Ada Berg") |
      | Ada       | Berg     | Süd AG    | (the id of "again")    |

  @K5 @K3
  Scenario: A contact that moved to an account without a company waits
    Given the setting "moved_contacts" is "recreate"
    And these Autotask companies
      | known as | companyName | city    | phone   |
      | one      | Süd AG      | München | 555-100 |
      | two      | Süd AG      | München | 555-200 |
    When the importer runs
    And the Salesforce contact "Ada Berg" changes
      | AccountId | Süd AG |
    And the importer runs again
    Then the contact "Ada Berg" is deferred by rule K3
    And Autotask has these contacts
      | firstName | lastName | companyID | isActive |
      | Ada       | Berg     | Nord GmbH | true     |
