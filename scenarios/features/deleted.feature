Feature: Records are deleted and merged in Salesforce

  Background:
    Given these Salesforce accounts
      | Name      | BillingCity | Phone   |
      | Nord GmbH | Berlin      | 555-100 |
      | Nord AG   | Kiel        | 555-200 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Ada       | Berg     | Nord GmbH |
      | Bert      | Holm     | Nord AG   |

  @R8
  Scenario: What is deleted in Salesforce stays in Autotask as it is
    When the importer runs
    And the Salesforce account "Nord GmbH" is deleted
    And a scheduled import runs
    Then the run is "completed"
    And the account "Nord GmbH" is unchanged by rule R8
    And the contact "Ada Berg" is unchanged by rule R8
    And Autotask receives no write

  @R8
  Scenario: What is deleted in Salesforce becomes inactive where the settings say so
    Given the setting "deleted_records" is "deactivate"
    When the importer runs
    And the Salesforce account "Nord GmbH" is deleted
    And a scheduled import runs
    Then the account "Nord GmbH" is updated by rule R8
    And the contact "Ada Berg" is updated by rule R8
    And Autotask has these companies
      | companyName | isActive |
      | Nord GmbH   | false    |
      | Nord AG     | true     |
    And Autotask has these contacts
      | firstName | lastName | isActive |
      | Ada       | Berg     | false    |
      | Bert      | Holm     | true     |
    When the importer runs again
    Then Autotask receives no write

  @R8 @C4
  Scenario: A duplicate takes over the company of a deleted account
    Given these Salesforce accounts
      | known as | Name      | BillingCity | Phone   |
      | copy     | Nord GmbH | Berlin      | 555-300 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Cora      | Lind     | copy      |
    When the importer runs
    And 60 minutes pass
    And the Salesforce account "Nord GmbH" is deleted
    And a scheduled import runs
    Then the account "copy" is linked by rule C1
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID  |
      | Nord GmbH   | 555-300 | (the id of "copy")     |
      | Nord AG     | 555-200 | (the id of "Nord AG")  |

  @R8 @C4
  Scenario: The company of a deleted account stays active where a duplicate takes it over
    Given the setting "deleted_records" is "deactivate"
    And these Salesforce accounts
      | known as | Name      | BillingCity | Phone   |
      | copy     | Nord GmbH | Berlin      | 555-300 |
    When the importer runs
    And the Salesforce account "Nord GmbH" is deleted
    And a scheduled import runs
    Then the account "Nord GmbH" is unchanged by rule R8
    And the reason for the account "Nord GmbH" contains "is its duplicate and takes its place"
    When a scheduled import runs
    Then Autotask has these companies
      | companyName | phone   | isActive | Salesforce Company ID |
      | Nord GmbH   | 555-300 | true     | (the id of "copy")    |
      | Nord AG     | 555-200 | true     | (the id of "Nord AG") |

  @R8 @C4
  Scenario: The company of a deleted account becomes inactive where its duplicate is deleted too
    Given the setting "deleted_records" is "deactivate"
    And these Salesforce accounts
      | known as | Name      | BillingCity | Phone   |
      | copy     | Nord GmbH | Berlin      | 555-300 |
    When the importer runs
    And the Salesforce account "Nord GmbH" is deleted
    And the Salesforce account "copy" is deleted
    And a scheduled import runs
    Then Autotask has these companies
      | companyName | isActive |
      | Nord GmbH   | false    |
      | Nord AG     | true     |

  @R8 @V3
  Scenario: A restored account is linked as it was, and what people wrote in Autotask stays
    When the importer runs
    And the Autotask company "Nord GmbH" changes
      | phone | 555-901 |
    And the Salesforce account "Nord GmbH" is deleted
    And a scheduled import runs
    And the Autotask contact "Ada Berg" changes
      | title | Head |
    And the Salesforce account "Nord GmbH" is restored
    And the Salesforce account "Nord GmbH" changes
      | BillingCity | Bonn |
    And a scheduled import runs
    Then the account "Nord GmbH" is updated by rule V3
    And Autotask has these companies
      | companyName | city | phone   | Salesforce Company ID   |
      | Nord GmbH   | Bonn | 555-901 | (the id of "Nord GmbH") |
      | Nord AG     | Kiel | 555-200 | (the id of "Nord AG")   |
    And Autotask has these contacts
      | firstName | lastName | title | Salesforce Contact ID   |
      | Ada       | Berg     | Head  | (the id of "Ada Berg")  |
      | Bert      | Holm     |       | (the id of "Bert Holm") |
    When the Salesforce account "Nord GmbH" changes
      | Phone | 555-300 |
    And a scheduled import runs
    Then Autotask has these companies
      | companyName | city | phone   |
      | Nord GmbH   | Bonn | 555-300 |
      | Nord AG     | Kiel | 555-200 |

  @R8 @C4
  Scenario: A restored account is a duplicate of the one that took its company over
    Given these Salesforce accounts
      | known as | Name      | BillingCity | Phone   |
      | copy     | Nord GmbH | Berlin      | 555-300 |
    When the importer runs
    And the Salesforce account "Nord GmbH" is deleted
    And a scheduled import runs
    And a scheduled import runs
    And the Salesforce account "Nord GmbH" is restored
    And a scheduled import runs
    Then the account "Nord GmbH" is duplicate by rule C4
    And the contact "Ada Berg" is unchanged by rule R8
    And Autotask has these companies
      | companyName | city   | Salesforce Company ID |
      | Nord GmbH   | Berlin | (the id of "copy")    |
      | Nord AG     | Kiel   | (the id of "Nord AG") |

  @R8 @K5
  Scenario: A restored contact whose company is another account's by now has not moved
    Given the setting "moved_contacts" is "recreate"
    And these Salesforce accounts
      | known as | Name      | BillingCity |
      | copy     | Nord GmbH | Berlin      |
    When the importer runs
    And the Salesforce account "Nord GmbH" is deleted
    And a scheduled import runs
    And a scheduled import runs
    And the Autotask contact "Ada Berg" changes
      | title | Head |
    And the Salesforce account "Nord GmbH" is restored
    And a scheduled import runs
    Then Autotask has these contacts
      | firstName | lastName | title | isActive | Salesforce Contact ID   |
      | Ada       | Berg     | Head  | true     | (the id of "Ada Berg")  |
      | Bert      | Holm     |       | true     | (the id of "Bert Holm") |

  @R8 @C4
  Scenario: A restored account inherits nothing from one that was merged into it
    When the importer runs
    And the Salesforce account "Nord AG" is deleted
    And a scheduled import runs
    And the Salesforce account "Nord AG" is restored
    And the Salesforce account "Nord GmbH" is merged into "Nord AG"
    And a scheduled import runs
    And these Salesforce accounts
      | known as | Name      | BillingCity | Phone   |
      | later    | Nord GmbH | Berlin      | 555-300 |
    And a scheduled import runs
    Then the account "later" is linked by rule C1
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID |
      | Nord GmbH   | 555-300 | (the id of "later")   |
      | Nord AG     | 555-200 | (the id of "Nord AG") |

  @R8 @K1
  Scenario: A contact of a restored account is looked for in its company as Autotask calls it
    When the importer runs
    And the Autotask company "Nord GmbH" changes
      | companyName | Nord Holding |
    And these Autotask companies
      | known as | companyName | city    | phone   |
      | stranger | Nord GmbH   | Hamburg | 555-900 |
    And these Autotask contacts
      | firstName | lastName | companyID |
      | Eve       | Lund     | stranger  |
    And the Salesforce account "Nord GmbH" is deleted
    And a scheduled import runs
    And the Salesforce account "Nord GmbH" is restored
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Eve       | Lund     | Nord GmbH |
    And a scheduled import runs
    Then the account "Nord GmbH" is unchanged by rule R8
    And the contact "Eve Lund" is created by rule K1
    And Autotask has these contacts
      | firstName | lastName | companyID    | Salesforce Contact ID   |
      | Ada       | Berg     | Nord Holding | (the id of "Ada Berg")  |
      | Bert      | Holm     | Nord AG      | (the id of "Bert Holm") |
      | Eve       | Lund     | Nord GmbH    |                         |
      | Eve       | Lund     | Nord Holding | (the id of "Eve Lund")  |

  @R8 @U4
  Scenario: What somebody deleted in Autotask is not made again for a restored contact
    When the importer runs
    And the Autotask contact "Ada Berg" is deleted
    And the importer runs again
    Then the contact "Ada Berg" is gone by rule U4
    When the Salesforce account "Nord GmbH" is deleted
    And a scheduled import runs
    And the Salesforce account "Nord GmbH" is restored
    And a scheduled import runs
    Then the account "Nord GmbH" is unchanged by rule R8
    And the contact "Ada Berg" is gone by rule U4

  @R8 @U1
  Scenario: A restored account whose pair somebody took apart meanwhile is un-mapped
    When the importer runs
    And the Salesforce account "Nord GmbH" is deleted
    And a scheduled import runs
    And the Autotask company "Nord GmbH" changes
      | Salesforce Company ID | |
    And the Salesforce account "Nord GmbH" is restored
    And a scheduled import runs
    And the importer runs again
    Then the account "Nord GmbH" is un-mapped by rule U1
    And Autotask has these companies
      | companyName | city   | Salesforce Company ID |
      | Nord GmbH   | Berlin |                       |
      | Nord AG     | Kiel   | (the id of "Nord AG") |

  @R8 @K5
  Scenario: A merged account's company is its heir's where that has none
    Given these Autotask companies
      | known as | companyName | city | phone   |
      | one      | Nord AG     | Kiel | 555-200 |
      | two      | Nord AG     | Kiel | 555-200 |
    When the importer runs
    Then the account "Nord AG" is held by rule C3
    When 60 minutes pass
    And the Salesforce account "Nord GmbH" is merged into "Nord AG"
    And a scheduled import runs
    Then the account "Nord AG" is linked by rule R8
    And Autotask has these companies
      | companyName | city | Salesforce Company ID |
      | Nord AG     | Kiel |                       |
      | Nord AG     | Kiel |                       |
      | Nord AG     | Kiel | (the id of "Nord AG") |
    And Autotask has these contacts
      | firstName | lastName |
      | Ada       | Berg     |
      | Bert      | Holm     |

  @R8 @C4
  Scenario: A merged account's company is its heir's, and not a duplicate's
    Given these Salesforce accounts
      | known as | Name      |
      | first    | Ost GmbH  |
      | second   | Ost GmbH  |
    When the importer runs
    And these Salesforce accounts
      | known as | Name      |
      | heir     | West GmbH |
    And the Salesforce account "first" is merged into "heir"
    And the importer runs again
    Then the account "heir" is linked by rule R8
    And the account "second" is duplicate by rule C4
    When the importer runs again
    Then the account "second" is created by rule C1

  @R8
  Scenario: Of accounts merged one into the other, the last has the company
    Given these Salesforce accounts
      | known as | Name      |
      | first    | Ost GmbH  |
    When the importer runs
    And these Salesforce accounts
      | known as | Name      |
      | second   | Süd GmbH  |
      | third    | West GmbH |
    And the Salesforce account "first" is merged into "second"
    And the Salesforce account "second" is merged into "third"
    And the importer runs again
    Then the account "third" is linked by rule R8

  @R8
  Scenario: A merged account's company is left alone where its heir has one
    When the importer runs
    And 60 minutes pass
    And the Salesforce account "Nord GmbH" is merged into "Nord AG"
    And a scheduled import runs
    Then the account "Nord GmbH" is unchanged by rule R8
    And the reason for the account "Nord GmbH" contains "merged into"
    And Autotask has these companies
      | companyName | city   | Salesforce Company ID   |
      | Nord GmbH   | Berlin | (the id of "Nord GmbH") |
      | Nord AG     | Kiel   | (the id of "Nord AG")   |

  @R8
  Scenario: A merged contact's Autotask contact is its heir's
    Given these Salesforce contacts
      | known as | FirstName | LastName | AccountId |
      | twin     | Ada       | Berg     | Nord GmbH |
    When the importer runs
    Then the contact "twin" is duplicate by rule C4
    When 60 minutes pass
    And the Salesforce contact "Ada Berg" is merged into "twin"
    And a scheduled import runs
    Then the contact "twin" is linked by rule R8
    And Autotask has these contacts
      | firstName | lastName | Salesforce Contact ID |
      | Ada       | Berg     | (the id of "twin")    |
      | Bert      | Holm     | (the id of "Bert Holm") |

  @R8 @U4 @U3
  Scenario: A merged contact's Autotask contact that was deleted is not made again for its heir, unless somebody says so
    When the importer runs
    And the Autotask contact "Ada Berg" is deleted
    And a scheduled import runs
    And these Salesforce contacts
      | known as | FirstName | LastName | AccountId |
      | heir     | Eve       | Berg     | Nord AG   |
    And the Salesforce contact "Ada Berg" is merged into "heir"
    And a scheduled import runs
    Then the contact "heir" is gone by rule U4
    And the reason for the contact "heir" contains "which was merged into it, was linked to Autotask contact"
    When somebody asks about the contact "heir"
    Then the answer says "which was merged into it, was linked to contact"
    When somebody re-maps the contact "heir"
    And a scheduled import runs
    Then the contact "heir" is created by rule K1
    And Autotask has these contacts
      | firstName | lastName | Salesforce Contact ID   |
      | Bert      | Holm     | (the id of "Bert Holm") |
      | Eve       | Berg     | (the id of "heir")      |

  @R8
  Scenario: What was never imported and is deleted is nobody's business
    When the importer runs
    And these Salesforce accounts
      | Name    |
      | Brief   |
    And the Salesforce account "Brief" is deleted
    And a scheduled import runs
    Then the run is "completed"
    And Autotask receives no write
