Feature: Rules that meet twice over: duplicates, parents, un-mapping, waiting

  @C4 @C7
  Scenario: Duplicates of one parent give their children one parent
    Given these Salesforce accounts
      | known as | Name   |
      | head     | Head   |
      | again    | HEAD   |
    And these Salesforce accounts
      | Name  | ParentId |
      | Left  | head     |
      | Right | again    |
    When the importer runs
    Then Autotask has these companies
      | companyName | parentCompanyID |
      | Head        |                 |
      | Left        | Head            |
      | Right       | Head            |

  @C4 @C7
  Scenario: An account whose parent is its own duplicate gets no parent
    Given these Salesforce accounts
      | known as | Name |
      | one      | Head |
      | two      | HEAD |
    And the Salesforce account "one" changes
      | ParentId | two |
    When the importer runs
    Then the run is "completed"
    And Autotask has these companies
      | companyName | parentCompanyID |
      | Head        |                 |

  @C7
  Scenario: An account that is its own grandparent stops nobody, and the next import has nothing to do
    Given these Salesforce accounts
      | Name |
      | Yin  |
      | Yang |
      | Yong |
    And the Salesforce account "Yin" changes
      | ParentId | Yang |
    And the Salesforce account "Yang" changes
      | ParentId | Yong |
    And the Salesforce account "Yong" changes
      | ParentId | Yin |
    When the importer runs
    Then the run is "completed"
    And the run counts 3 accounts as created

  @C7 @V3
  Scenario: An account that gets another parent gets another parent company
    Given these Salesforce accounts
      | Name  |
      | Old   |
      | New   |
      | Child |
    And the Salesforce account "Child" changes
      | ParentId | Old |
    When the importer runs
    And the Salesforce account "Child" changes
      | ParentId | New |
    And the importer runs again
    Then Autotask has these companies
      | companyName | parentCompanyID |
      | Old         |                 |
      | New         |                 |
      | Child       | New             |

  @C7 @V3
  Scenario: An account that loses its parent loses its parent company
    Given these Salesforce accounts
      | Name  |
      | Head  |
      | Child |
    And the Salesforce account "Child" changes
      | ParentId | Head |
    When the importer runs
    And the Salesforce account "Child" changes
      | ParentId |  |
    And the importer runs again
    Then Autotask has these companies
      | companyName | parentCompanyID |
      | Head        |                 |
      | Child       |                 |

  @C7 @V3
  Scenario: A parent that somebody set in Autotask stays until Salesforce has another
    Given these Salesforce accounts
      | Name  |
      | Head  |
      | Other |
      | Child |
    And the Salesforce account "Child" changes
      | ParentId | Head |
    When the importer runs
    And the Autotask company "Child" changes
      | parentCompanyID | Other |
    And the Salesforce account "Child" changes
      | Phone | 555-101 |
    And the importer runs again
    Then Autotask has these companies
      | companyName | parentCompanyID |
      | Head        |                 |
      | Other       |                 |
      | Child       | Other           |

  @C7 @U1
  Scenario: A child of an account that was un-mapped keeps its company without a parent
    Given these Salesforce accounts
      | Name  |
      | Head  |
    When the importer runs
    And the Autotask company "Head" changes
      | Salesforce Company ID |  |
    And these Salesforce accounts
      | Name  | ParentId |
      | Child | Head     |
    And the importer runs again
    Then the account "Head" is un-mapped by rule U1
    And the account "Child" is created
    And Autotask has these companies
      | companyName | parentCompanyID |
      | Head        |                 |
      | Child       |                 |

  @C7 @C8 @R2
  Scenario: A child of a refused parent is imported, and gets the parent once that is accepted
    Given there is no default account manager
    And these Autotask resources
      | firstName | lastName |
      | Ada       | Berg     |
    And these Salesforce accounts
      | Name  | OwnerId     |
      | Head  | Nobody Here |
    And these Salesforce accounts
      | Name  | OwnerId  | ParentId |
      | Child | Ada Berg | Head     |
    When the importer runs
    Then the account "Head" is refused by rule C8
    And the account "Child" is created
    When the default account manager is "Dana Default"
    And a scheduled import runs
    Then Autotask has these companies
      | companyName | parentCompanyID |
      | Head        |                 |
      | Child       | Head            |

  @C7 @R8
  Scenario: A parent deleted in Salesforce leaves the companies as they are
    Given these Salesforce accounts
      | Name  |
      | Head  |
      | Child |
    And the Salesforce account "Child" changes
      | ParentId | Head |
    When the importer runs
    And the Salesforce account "Head" is deleted
    And a scheduled import runs
    Then the run is "completed"
    And the account "Head" is unchanged by rule R8

  @C4 @U1 @K3
  Scenario: A duplicate of an un-mapped account takes nothing over, and its contacts wait
    Given these Salesforce accounts
      | known as | Name     |
      | first    | Ost GmbH |
      | second   | OST GMBH |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Ada       | Berg     | first     |
    When the importer runs
    And the Autotask company "Ost GmbH" changes
      | Salesforce Company ID |  |
    And the importer runs again
    Then the account "first" is un-mapped by rule U1
    When these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Jo        | Lund     | first     |
    And the importer runs again
    Then the contact "Jo Lund" is deferred by rule K3

  @C4 @C3
  Scenario: Two accounts of one key and two companies of that key: nobody is guessed
    Given these Autotask companies
      | known as | companyName | phone |
      | one      | Ost GmbH    | 555-1 |
      | two      | OST GMBH    | 555-2 |
    And these Salesforce accounts
      | known as | Name     |
      | first    | Ost GmbH |
      | second   | Ost GmbH |
    When the importer runs
    Then the account "first" is held by rule C3
    And the account "second" is held by rule C3
    And Autotask has these companies
      | companyName | Salesforce Company ID |
      | Ost GmbH    |                       |
      | OST GMBH    |                       |

  @C4 @C3
  Scenario: Once a person has settled the first, the second is its duplicate
    Given these Autotask companies
      | known as | companyName | phone |
      | one      | Ost GmbH    | 555-1 |
      | two      | OST GMBH    | 555-2 |
    And these Salesforce accounts
      | known as | Name     |
      | first    | Ost GmbH |
      | second   | Ost GmbH |
    When the importer runs
    And somebody links the account "first" to "one"
    And the importer runs again
    Then the account "first" is linked by rule C3
    And the account "second" is duplicate by rule C4

  @C4 @K1 @R8
  Scenario: The contacts of a duplicate stay in the company when the duplicate is deleted
    Given these Salesforce accounts
      | known as | Name     |
      | first    | Ost GmbH |
      | second   | OST GMBH |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Jo        | Lund     | second    |
    When the importer runs
    And the Salesforce account "second" is deleted
    And a scheduled import runs
    Then Autotask has these contacts
      | firstName | lastName | companyID | isActive |
      | Jo        | Lund     | Ost GmbH  | true     |

  @C4 @K5
  Scenario: A contact that goes from an account to its duplicate has not moved
    Given the setting "moved_contacts" is "recreate"
    And these Salesforce accounts
      | known as | Name     |
      | first    | Ost GmbH |
      | second   | OST GMBH |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Jo        | Lund     | first     |
    When the importer runs
    And the Salesforce contact "Jo Lund" changes
      | AccountId | second |
    And the importer runs again
    Then Autotask has these contacts
      | firstName | lastName | companyID | isActive | Salesforce Contact ID |
      | Jo        | Lund     | Ost GmbH  | true     | (the id of "Jo Lund") |

  @K5 @K2
  Scenario: A contact that loses its account is an orphan, and its Autotask contact stays
    Given these Salesforce accounts
      | Name     |
      | Ost GmbH |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Jo        | Lund     | Ost GmbH  |
    When the importer runs
    And the Salesforce contact "Jo Lund" changes
      | AccountId |  |
    And the importer runs again
    Then the contact "Jo Lund" is orphan by rule K2
    And Autotask has these contacts
      | firstName | lastName | companyID | isActive |
      | Jo        | Lund     | Ost GmbH  | true     |

  @K5 @U1
  Scenario: A contact that moved after it was un-mapped stays un-mapped
    Given the setting "moved_contacts" is "recreate"
    And these Salesforce accounts
      | Name     |
      | Ost GmbH |
      | West Oy  |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Jo        | Lund     | Ost GmbH  |
    When the importer runs
    And the Autotask contact "Jo Lund" changes
      | Salesforce Contact ID |  |
    And the Salesforce contact "Jo Lund" changes
      | AccountId | West Oy |
    And the importer runs again
    Then the contact "Jo Lund" is un-mapped by rule U1
    And Autotask receives no write

  @K1 @U1
  Scenario: Nobody else of that name is linked to a contact that was un-mapped
    Given these Salesforce accounts
      | Name     |
      | Ost GmbH |
    And these Salesforce contacts
      | known as | FirstName | LastName | AccountId |
      | jo       | Jo        | Lund     | Ost GmbH  |
    When the importer runs
    And the Autotask contact "Jo Lund" changes
      | Salesforce Contact ID |  |
    And the importer runs again
    Then the contact "jo" is un-mapped by rule U1
    When a scheduled import runs
    Then Autotask has these contacts
      | firstName | lastName | Salesforce Contact ID |
      | Jo        | Lund     |                       |

  @K1 @C6
  Scenario: Two contacts that carry one id are both left alone
    Given these Autotask companies
      | known as | companyName | phone |
      | ost      | Ost GmbH    | 555-1 |
    And these Salesforce accounts
      | Name     |
      | Ost GmbH |
    And these Salesforce contacts
      | known as | FirstName | LastName | AccountId |
      | jo       | Jo        | Lund     | Ost GmbH  |
    And these Autotask contacts
      | known as | companyID | firstName | lastName | Salesforce Contact ID |
      | one      | ost       | Jo        | Lund     | (the id of "jo")      |
      | two      | ost       | Joanna    | Lund     | (the id of "jo")      |
    When the importer runs
    Then the contact "jo" is held by rule C6
    And Autotask has these contacts
      | firstName | lastName |
      | Jo        | Lund     |
      | Joanna    | Lund     |

  @K1 @C1
  Scenario: A contact whose field holds something else is never overwritten
    Given these Autotask companies
      | known as | companyName | phone |
      | ost      | Ost GmbH    | 555-1 |
    And these Autotask contacts
      | known as | companyID | firstName | lastName | title | Salesforce Contact ID |
      | one      | ost       | Jo        | Lund     | CEO   | see file 12           |
    And these Salesforce accounts
      | Name     |
      | Ost GmbH |
    And these Salesforce contacts
      | FirstName | LastName | AccountId | Title |
      | Jo        | Lund     | Ost GmbH  | CFO   |
    When the importer runs
    Then the contact "Jo Lund" is held by rule C1
    And Autotask has these contacts
      | firstName | lastName | title | Salesforce Contact ID |
      | Jo        | Lund     | CEO   | see file 12           |

  @K1 @K5
  Scenario: A contact renamed in Salesforce is renamed in Autotask and stays the same contact
    Given these Salesforce accounts
      | Name     |
      | Ost GmbH |
    And these Salesforce contacts
      | known as | FirstName | LastName | AccountId |
      | jo       | Jo        | Lund     | Ost GmbH  |
    When the importer runs
    And the Salesforce contact "jo" changes
      | LastName | Lund-Berg |
    And the importer runs again
    Then the contact "jo" is updated by rule V3
    And Autotask has these contacts
      | firstName | lastName  | Salesforce Contact ID |
      | Jo        | Lund-Berg | (the id of "jo")      |

  @K3 @C8
  Scenario: The contacts of a refused account wait with its reason
    Given there is no default account manager
    And these Salesforce accounts
      | Name     |
      | Ost GmbH |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Jo        | Lund     | Ost GmbH  |
    When the importer runs
    Then the account "Ost GmbH" is refused by rule C8
    And the contact "Jo Lund" is deferred by rule K3
    And the reason for the contact "Jo Lund" contains "account manager"

  @K3 @R3
  Scenario: No request is spent on what waits while nothing it waits for has changed
    Given these Autotask companies
      | known as | companyName | phone |
      | one      | Ost GmbH    | 555-1 |
      | two      | OST GMBH    | 555-2 |
    And these Salesforce accounts
      | Name     |
      | Ost GmbH |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Jo        | Lund     | Ost GmbH  |
    When 60 minutes pass
    And the importer runs
    Then the contact "Jo Lund" is deferred by rule K3
    When 60 minutes pass
    And a scheduled import runs
    Then the run reads 0 accounts and 0 contacts
    And the run takes at most 4 requests to Salesforce and 3 to Autotask

  @U2 @C7 @K3
  Scenario: The contacts and children of an account that was freed follow it to its new company
    Given these Salesforce accounts
      | Name     | BillingCity |
      | Ost GmbH | Dresden     |
    When the importer runs
    And the Autotask company "Ost GmbH" changes
      | Salesforce Company ID |  |
    And these Salesforce accounts
      | Name  | ParentId |
      | Child | Ost GmbH |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Jo        | Lund     | Ost GmbH  |
    And the importer runs again
    Then the contact "Jo Lund" is deferred by rule K3
    When the Salesforce account "Ost GmbH" changes
      | BillingCity | Leipzig |
    And a scheduled import runs
    Then the account "Ost GmbH" is created by rule C1
    And the contact "Jo Lund" is created by rule K1
    And Autotask has these companies
      | companyName | city    | Salesforce Company ID  |
      | Ost GmbH    | Dresden |                        |
      | Ost GmbH    | Leipzig | (the id of "Ost GmbH") |
      | Child       |         | (the id of "Child")    |

  @U4 @C4
  Scenario: A duplicate of an account whose company is gone is not created in its place
    Given these Salesforce accounts
      | known as | Name     |
      | first    | Ost GmbH |
      | second   | OST GMBH |
    When the importer runs
    And the Autotask company "Ost GmbH" is deleted
    And the importer runs again
    Then the account "first" is gone by rule U4
    And Autotask has no companies

  @U4
  Scenario: A company made inactive in Autotask is kept current and stays inactive
    Given these Salesforce accounts
      | Name     | Phone   |
      | Ost GmbH | 555-100 |
    When the importer runs
    And the Autotask company "Ost GmbH" changes
      | isActive | false |
    And the Salesforce account "Ost GmbH" changes
      | Phone | 555-101 |
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   | isActive |
      | Ost GmbH    | 555-101 | false    |

  @R8 @U1
  Scenario: An account deleted after it was un-mapped touches nothing
    Given the setting "deleted_records" is "deactivate"
    And these Salesforce accounts
      | Name     |
      | Ost GmbH |
    When the importer runs
    And the Autotask company "Ost GmbH" changes
      | Salesforce Company ID |  |
    And the importer runs again
    And the Salesforce account "Ost GmbH" is deleted
    And a scheduled import runs
    Then Autotask has these companies
      | companyName | isActive |
      | Ost GmbH    | true     |

  @R8 @U4
  Scenario: An account deleted after its company was is nobody's business
    Given the setting "deleted_records" is "deactivate"
    And these Salesforce accounts
      | Name     |
      | Ost GmbH |
    When the importer runs
    And the Autotask company "Ost GmbH" is deleted
    And the Salesforce account "Ost GmbH" is deleted
    And a scheduled import runs
    Then the run is "completed"
    And Autotask has no companies

  @R8 @R4 @interruption
  Scenario: A company that could not be made inactive is made so by the next import
    Given the setting "deleted_records" is "deactivate"
    And these Salesforce accounts
      | Name     |
      | Ost GmbH |
    When the importer runs
    And the Salesforce account "Ost GmbH" is deleted
    And the importer is killed while it changes a company
    And a scheduled import runs
    Then Autotask has these companies
      | companyName | isActive |
      | Ost GmbH    | false    |

  @R8 @C7
  Scenario: The child of a merged parent gets the heir's company for its parent
    Given these Salesforce accounts
      | Name  |
      | Head  |
      | Heir  |
    When the importer runs
    And the Salesforce account "Head" is merged into "Heir"
    And these Salesforce accounts
      | Name  | ParentId |
      | Child | Heir     |
    And a scheduled import runs
    Then Autotask has these companies
      | companyName | parentCompanyID |
      | Head        |                 |
      | Heir        |                 |
      | Child       | Heir            |
