Feature: Rules that meet

  @C4
  Scenario: A duplicate whose key changes becomes a company of its own
    Given these Salesforce accounts
      | known as | Name     | BillingCity |
      | first    | Ost GmbH | Dresden     |
      | second   | Ost GmbH | Dresden     |
    When the importer runs
    And the Salesforce account "second" changes
      | BillingCity | Leipzig |
    And the importer runs again
    Then the account "first" is unchanged
    And the account "second" is created by rule C1
    And Autotask has these companies
      | companyName | city    | Salesforce Company ID  |
      | Ost GmbH    | Dresden | (the id of "first")    |
      | Ost GmbH    | Leipzig | (the id of "second")   |

  @C4
  Scenario: Two linked accounts whose keys become equal stay linked, each to its own
    Given these Salesforce accounts
      | known as | Name     | BillingCity |
      | first    | Ost GmbH | Dresden     |
      | second   | Ost GmbH | Leipzig     |
    When the importer runs
    And the Salesforce account "second" changes
      | BillingCity | Dresden |
    And the importer runs again
    Then the account "second" is updated
    And Autotask has these companies
      | companyName | city    | Salesforce Company ID |
      | Ost GmbH    | Dresden | (the id of "first")   |
      | Ost GmbH    | Dresden | (the id of "second")  |

  @C1 @C4
  Scenario: A company that is linked to one account is never linked to another
    Given these Salesforce accounts
      | known as | Name     | BillingCity |
      | first    | Ost GmbH | Dresden     |
    When the importer runs
    And these Salesforce accounts
      | known as | Name     | BillingCity |
      | second   | Ost GmbH | Dresden     |
    And the importer runs again
    Then the account "second" is duplicate by rule C4
    And Autotask has these companies
      | companyName | Salesforce Company ID |
      | Ost GmbH    | (the id of "first")   |

  @K1
  Scenario: The second contact of one name in one account is a duplicate of the first
    Given these Salesforce accounts
      | Name     |
      | Ost GmbH |
    And these Salesforce contacts
      | known as | FirstName | LastName | AccountId | Title |
      | one      | Ada       | Berg     | Ost GmbH  | CEO   |
      | two      | ADA       | berg     | Ost GmbH  | CFO   |
    When the importer runs
    And the importer runs again
    Then the contact "one" is unchanged
    And the contact "two" is duplicate
    And Autotask has these contacts
      | firstName | lastName | title |
      | Ada       | Berg     | CEO   |

  @K1
  Scenario: The same name in two accounts of one name is left to a person
    Given these Salesforce accounts
      | known as | Name     | BillingCity |
      | head     | Ost GmbH | Dresden     |
      | branch   | Ost GmbH | Leipzig     |
    And these Salesforce contacts
      | known as | FirstName | LastName | AccountId |
      | one      | Ada       | Berg     | head      |
      | two      | Ada       | Berg     | branch    |
    When the importer runs
    Then the contact "one" is created by rule K1
    And the contact "two" is held by rule K1
    When the importer runs again
    Then the contact "two" is held by rule K1
    And Autotask receives no write

  @K1
  Scenario: A contact that comes while its namesake's company is renamed waits for one import
    Given these Salesforce accounts
      | known as | Name     | BillingCity |
      | head     | Ost GmbH | Dresden     |
      | branch   | Ost GmbH | Leipzig     |
    And these Salesforce contacts
      | known as | FirstName | LastName | AccountId |
      | one      | Ada       | Berg     | head      |
    When the importer runs
    And the Salesforce account "head" changes
      | Name | West GmbH |
    And these Salesforce contacts
      | known as | FirstName | LastName | AccountId |
      | two      | Ada       | Berg     | branch    |
    And 60 minutes pass
    And a scheduled import runs
    Then the contact "two" is held by rule K1
    When 60 minutes pass
    And a scheduled import runs
    Then the contact "two" is created by rule K1
    And Autotask has these contacts
      | firstName | lastName | Salesforce Contact ID |
      | Ada       | Berg     | (the id of "one")     |
      | Ada       | Berg     | (the id of "two")     |
    When 60 minutes pass
    And a scheduled import runs
    Then the run reads 0 accounts and 0 contacts

  @V1 @V5
  Scenario: A change behind the cut writes nothing
    Given these Salesforce accounts
      | known as | Name     | BillingStreet    |
      | long     | Ost GmbH | (130 times "x")  |
    When the importer runs
    And the Salesforce account "long" changes
      | BillingStreet | (140 times "x") |
    And the importer runs again
    Then the account "long" is unchanged
    And Autotask receives no write

  @V3
  Scenario: Where both sides changed one field, Salesforce wins
    Given these Salesforce accounts
      | Name     | Phone   |
      | Ost GmbH | 555-100 |
    When the importer runs
    And the Autotask company "Ost GmbH" changes
      | phone | 555-777 |
    And the Salesforce account "Ost GmbH" changes
      | Phone | 555-200 |
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   |
      | Ost GmbH    | 555-200 |

  @C8 @V3
  Scenario: An account that gets another owner gets another account manager
    Given these Autotask resources
      | firstName | lastName |
      | Ada       | Berg     |
      | Jo        | Lund     |
    And these Salesforce accounts
      | Name     | OwnerId  |
      | Ost GmbH | Ada Berg |
    When the importer runs
    And the Salesforce account "Ost GmbH" changes
      | OwnerId | Jo Lund |
    And the importer runs again
    Then Autotask has these companies
      | companyName | ownerResourceID |
      | Ost GmbH    | Jo Lund         |

  @C8 @V4
  Scenario: An unknown owner does not take an existing company from its account manager
    Given these Autotask resources
      | firstName | lastName |
      | Ada       | Berg     |
    And these Autotask companies
      | known as | companyName | phone   | ownerResourceID |
      | ost      | Ost GmbH    | 555-100 | Ada Berg        |
    And these Salesforce accounts
      | Name     | OwnerId     |
      | Ost GmbH | Nobody Here |
    When the importer runs
    Then Autotask has these companies
      | companyName | ownerResourceID |
      | Ost GmbH    | Ada Berg        |

  @K4 @V3
  Scenario: A first name that comes later replaces the placeholder
    Given these Salesforce accounts
      | Name     |
      | Ost GmbH |
    And these Salesforce contacts
      | LastName | AccountId |
      | Berg     | Ost GmbH  |
    When the importer runs
    And the Salesforce contact "Berg" changes
      | FirstName | Ada |
    And the importer runs again
    Then Autotask has these contacts
      | firstName | lastName |
      | Ada       | Berg     |

  @K2 @K3
  Scenario: An orphan that joins an account which is held waits for it
    Given these Autotask companies
      | known as | companyName | phone |
      | one      | Ost GmbH    | 555-1 |
      | two      | OST GMBH    | 555-2 |
    And these Salesforce accounts
      | Name     |
      | Ost GmbH |
    And these Salesforce contacts
      | FirstName | LastName |
      | Ada       | Berg     |
    When the importer runs
    Then the contact "Ada Berg" is orphan by rule K2
    When the Salesforce contact "Ada Berg" changes
      | AccountId | Ost GmbH |
    And the importer runs again
    Then the contact "Ada Berg" is deferred by rule K3

  @R4 @K1 @interruption
  Scenario: A lost answer and a lost ledger together make no duplicate
    Given these Salesforce accounts
      | Name     |
      | Ost GmbH |
    And the answer to the create of the company "Ost GmbH" is lost
    When the importer runs
    And the importer's ledger is lost
    And the importer runs again
    Then Autotask has these companies
      | companyName | Salesforce Company ID  |
      | Ost GmbH    | (the id of "Ost GmbH") |

  @R5 @interruption
  Scenario: An outage of a moment is waited out
    Given these Salesforce accounts
      | Name     |
      | Ost GmbH |
    And Salesforce answers the next query with HTTP status 503
    And Autotask answers the next query with HTTP status 503
    When the importer runs
    Then the run is "completed"
    And the account "Ost GmbH" is created

  @R4 @R5 @interruption
  Scenario: An answer of Salesforce that is cut off is asked for again
    Given these Salesforce accounts
      | Name     |
      | Ost GmbH |
    And Salesforce's answer to the next query is cut off after 900 bytes
    When the importer runs
    Then the run is "completed"
    And the account "Ost GmbH" is created

  @C4 @V3
  Scenario: A duplicate stays a duplicate when somebody edits the company in Autotask
    Given these Salesforce accounts
      | known as | Name      | BillingStreet | BillingCity | Phone   |
      | first    | Nord GmbH | Ring 1        | Berlin      | 555-100 |
      | second   | Nord GmbH | Ring 1        | Berlin      | 555-100 |
    When the importer runs
    Then the account "second" is duplicate by rule C4
    When the Autotask company "Nord GmbH" changes
      | address1 | Ring 1a |
    And the importer runs again
    Then the account "second" is duplicate by rule C4
    And Autotask has these companies
      | companyName | address1 |
      | Nord GmbH   | Ring 1a  |

  @U4 @K3
  Scenario: A new contact of a company that was deleted in Autotask waits
    Given these Salesforce accounts
      | Name     |
      | Ost GmbH |
    When the importer runs
    And the Autotask company "Ost GmbH" is deleted
    Given these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Ada       | Berg     | Ost GmbH  |
    When the importer runs again
    Then the account "Ost GmbH" is gone by rule U4
    And the contact "Ada Berg" is deferred by rule K3
    And Autotask receives no write

  @K1 @R3
  Scenario: A contact held for its namesake in a company of the same name goes on once that company has another
    Given these Salesforce accounts
      | known as | Name      | BillingCity |
      | north    | Nord GmbH | Hamburg     |
      | south    | Nord GmbH | Munich      |
    And these Salesforce contacts
      | known as  | FirstName | LastName | AccountId |
      | northerly | Ada       | Berg     | north     |
      | southerly | Ada       | Berg     | south     |
    When the importer runs
    Then the contact "northerly" is created
    And the contact "southerly" is held by rule K1
    When the Salesforce account "north" changes
      | Name | Hansa AG |
    And the importer runs again
    And the importer runs again
    Then the contact "southerly" is created
