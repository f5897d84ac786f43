Feature: A link is remembered, by the ledger and by Autotask itself

  Background:
    Given these Salesforce accounts
      | Name      | BillingStreet | BillingCity | BillingState | Phone   |
      | Nord GmbH | Hafenstraße 1 | Berlin      | Berlin       | 555-100 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId | Email            |
      | Ada       | Berg     | Nord GmbH | ada@example.com  |

  @C1 @K1 @V5
  Scenario: The second import writes nothing
    When the importer runs
    And the importer runs again
    Then the account "Nord GmbH" is unchanged
    And the contact "Ada Berg" is unchanged
    And Autotask receives no write

  @C1 @K1
  Scenario: A lost ledger makes no duplicates
    When the importer runs
    And the importer's ledger is lost
    And the importer runs again
    Then the run counts 0 accounts as created
    And the run counts 0 contacts as created
    And Autotask has these companies
      | companyName | Salesforce Company ID   |
      | Nord GmbH   | (the id of "Nord GmbH") |
    And Autotask has these contacts
      | firstName | lastName | Salesforce Contact ID  |
      | Ada       | Berg     | (the id of "Ada Berg") |

  @C1
  Scenario: A company that carries the account's id is the account, whatever its name
    Given these Autotask companies
      | known as | companyName | phone   | Salesforce Company ID   |
      | renamed  | Old Name    | 555-999 | (the id of "Nord GmbH") |
    When the importer runs
    Then the account "Nord GmbH" is linked by rule C1
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID   |
      | Nord GmbH   | 555-100 | (the id of "Nord GmbH") |

  @C1
  Scenario: A text that is no Salesforce id is never overwritten
    Given these Autotask companies
      | known as | companyName | address1      | city   | state  | phone   | Salesforce Company ID |
      | taken    | Nord GmbH   | Hafenstraße 1 | Berlin | Berlin | 555-999 | see file 12           |
    When the importer runs
    Then the account "Nord GmbH" is held by rule C1
    And the reason for the account "Nord GmbH" contains "see file 12"
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID |
      | Nord GmbH   | 555-999 | see file 12           |

  @C1 @K3
  Scenario: The id of a contact in a company's field makes no account a duplicate
    Given these Autotask companies
      | known as | companyName | address1      | city   | state  | Salesforce Company ID  |
      | taken    | Nord GmbH   | Hafenstraße 1 | Berlin | Berlin | (the id of "Ada Berg") |
    When the importer runs
    Then the account "Nord GmbH" is held by rule C1
    And the contact "Ada Berg" is deferred by rule K3
    And the reason for the contact "Ada Berg" contains "is held"
    And Autotask has these companies
      | companyName | Salesforce Company ID  |
      | Nord GmbH   | (the id of "Ada Berg") |

  @C6
  Scenario: Two companies that carry one account's id are both left alone
    Given these Autotask companies
      | known as | companyName | phone   | Salesforce Company ID   |
      | one      | One Ltd.    | 555-901 | (the id of "Nord GmbH") |
      | two      | Two Ltd.    | 555-902 | (the id of "Nord GmbH") |
    When the importer runs
    Then the account "Nord GmbH" is held by rule C6
    And Autotask has these companies
      | companyName | phone   |
      | One Ltd.    | 555-901 |
      | Two Ltd.    | 555-902 |

  @C6 @C1
  Scenario: An account whose id two companies carry goes on once one of them does not
    Given these Autotask companies
      | known as | companyName | phone   | Salesforce Company ID   |
      | one      | One Ltd.    | 555-901 | (the id of "Nord GmbH") |
      | two      | Two Ltd.    | 555-902 | (the id of "Nord GmbH") |
    When the importer runs
    And the Autotask company "two" changes
      | Salesforce Company ID | |
    And the importer runs again
    Then the account "Nord GmbH" is linked by rule C1
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID   |
      | Nord GmbH   | 555-100 | (the id of "Nord GmbH") |
      | Two Ltd.    | 555-902 |                         |

  @C1 @V3
  Scenario: An account renamed in Salesforce renames the company it is linked to
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Name | Nord AG |
    And the importer runs again
    Then the account "Nord GmbH" is updated
    And Autotask has these companies
      | companyName | Salesforce Company ID   |
      | Nord AG     | (the id of "Nord GmbH") |
    And Autotask receives 1 write

  @V3
  Scenario: What somebody edited in Autotask stays until Salesforce changes the same field
    When the importer runs
    And the Autotask company "Nord GmbH" changes
      | phone | 555-777 |
    And the Salesforce account "Nord GmbH" changes
      | Website | https://nord.example.com |
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   | webAddress               |
      | Nord GmbH   | 555-777 | https://nord.example.com |

  @V3
  Scenario: A value emptied in Salesforce clears the field, unless somebody edited it
    When the Salesforce account "Nord GmbH" changes
      | Website | https://nord.example.com |
      | Fax     | 555-101                  |
    And the importer runs
    And the Autotask company "Nord GmbH" changes
      | fax | 555-777 |
    And the Salesforce account "Nord GmbH" changes
      | Website |  |
      | Fax     |  |
    And the importer runs again
    Then Autotask has these companies
      | companyName | webAddress | fax     |
      | Nord GmbH   |            | 555-777 |

  @U4
  Scenario: A company deleted in Autotask is not made again
    When the importer runs
    And the Autotask contact "Ada Berg" is deleted
    And the Autotask company "Nord GmbH" is deleted
    And the importer runs again
    Then the account "Nord GmbH" is gone by rule U4
    And Autotask has no companies
    And Autotask receives no write

  @U4
  Scenario: A contact deleted in Autotask is not made again
    When the importer runs
    And the Autotask contact "Ada Berg" is deleted
    And the importer runs again
    Then the contact "Ada Berg" is gone by rule U4
    And Autotask has no contacts

  @C5
  Scenario: The 15 characters of an id are the same id as its 18
    Given these Salesforce accounts
      | known as | Id              | Name    |
      | short    | 0015g0000000Xy1 | Süd AG  |
    And these Autotask companies
      | known as | companyName | phone   | Salesforce Company ID |
      | old      | Old Name    | 555-900 | 0015g0000000Xy1       |
    When the importer runs
    Then the account "short" is linked by rule C1

  @C5
  Scenario: Ids that differ in case alone are different ids
    Given these Salesforce accounts
      | known as | Id              | Name      |
      | lower    | 0015g0000000xy1 | Lower Ltd |
      | upper    | 0015g0000000XY1 | Upper Ltd |
    When the importer runs
    And the importer's ledger is lost
    And the importer runs again
    Then Autotask has these companies
      | companyName | Salesforce Company ID   |
      | Nord GmbH   | (the id of "Nord GmbH") |
      | Lower Ltd   | (the id of "lower")     |
      | Upper Ltd   | (the id of "upper")     |
    And Autotask receives no write

  @C5 @U1
  Scenario: An id that somebody shortens to its 15 characters is the same id and no un-mapping
    Given these Salesforce accounts
      | known as | Id              | Name   | Phone   |
      | short    | 0015g0000000Xy1 | Süd AG | 555-200 |
    When the importer runs
    And the Autotask company "Süd AG" changes
      | Salesforce Company ID | 0015g0000000Xy1 |
    And the Salesforce account "short" changes
      | Phone | 555-201 |
    And the importer runs again
    Then the account "short" is updated by rule V3

  @C6
  Scenario: Of two companies that carry one id the other is linked once somebody has cleared one
    Given these Autotask companies
      | known as | companyName | phone   | Salesforce Company ID   |
      | one      | One Ltd.    | 555-901 | (the id of "Nord GmbH") |
      | two      | Two Ltd.    | 555-902 | (the id of "Nord GmbH") |
    When the importer runs
    Then the account "Nord GmbH" is held by rule C6
    And the contact "Ada Berg" is deferred by rule K3
    When the Autotask company "one" changes
      | Salesforce Company ID |  |
    And the importer runs again
    Then the account "Nord GmbH" is linked by rule C1
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID   |
      | One Ltd.    | 555-901 |                         |
      | Nord GmbH   | 555-100 | (the id of "Nord GmbH") |

  @C6 @R4
  Scenario: A linked company's id that somebody copies onto another stops writes to both
    When the importer runs
    And these Autotask companies
      | known as | companyName | phone   | Salesforce Company ID   |
      | copy     | Copy Ltd.   | 555-902 | (the id of "Nord GmbH") |
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-101 |
    And the importer runs again
    Then the account "Nord GmbH" is held by rule C6
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |
      | Copy Ltd.   | 555-902 |

  @C5 @C1
  Scenario: What looks like an id and ends wrongly is no id, and is left alone
    Given these Salesforce accounts
      | known as | Id              | Name   | Phone   |
      | short    | 0015g0000000Xy1 | Ost KG | 555-300 |
    And these Autotask companies
      | companyName | phone   | Salesforce Company ID |
      | Mistyped    | 555-900 | 0015g0000000Xy1AAA    |
    When the importer runs
    Then the account "short" is created by rule C1
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID   |
      | Mistyped    | 555-900 | 0015g0000000Xy1AAA      |
      | Ost KG      | 555-300 | (the id of "short")     |
      | Nord GmbH   | 555-100 | (the id of "Nord GmbH") |
