Feature: Contacts become contacts of the company their account is

  Background:
    Given these Autotask companies
      | known as | companyName | city    | phone   |
      | nord     | Nord GmbH   | Berlin  | 555-100 |
      | branch   | Nord GmbH   | Hamburg | 555-200 |
    And these Salesforce accounts
      | Name      | BillingCity |
      | Nord GmbH | Berlin      |

  @K1
  Scenario: A contact of the same company name, first and last name is linked
    Given these Autotask contacts
      | known as | companyID | firstName | lastName | phone   |
      | ada      | nord      | ADA       | " Berg"  | 555-301 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId | Phone   |
      | Ada       | Berg     | Nord GmbH | 555-302 |
    When the importer runs
    Then the contact "Ada Berg" is linked by rule K1
    And Autotask has these contacts
      | firstName | lastName | phone   | Salesforce Contact ID  |
      | Ada       | Berg     | 555-302 | (the id of "Ada Berg") |

  @K1
  Scenario: Who is in the company already is linked, although somebody calls the company otherwise in Autotask
    When the importer runs
    And the Autotask company "nord" changes
      | companyName | Nord & Co |
    And these Autotask contacts
      | companyID | firstName | lastName | phone   |
      | Nord & Co | Ada       | Berg     | 555-301 |
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-900 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId | Phone   |
      | Ada       | Berg     | Nord GmbH | 555-302 |
    And a scheduled import runs
    Then the contact "Ada Berg" is linked by rule K1
    And Autotask has these contacts
      | firstName | lastName | companyID | phone   | Salesforce Contact ID  |
      | Ada       | Berg     | Nord & Co | 555-302 | (the id of "Ada Berg") |

  @K1 @R4 @interruption
  Scenario: Who is entered in a renamed company while the import decides is seen before anybody is made
    When the importer runs
    And the Autotask company "nord" changes
      | companyName | Nord & Co |
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-900 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Ada       | Berg     | Nord GmbH |
    And the importer runs and waits for the answer to the create of the contact "Berg"
    And the import that is under way is killed
    And the importer runs again
    And 10 minutes pass
    And the importer runs again
    Then Autotask has these contacts
      | firstName | lastName | companyID | Salesforce Contact ID  |
      | Ada       | Berg     | Nord & Co | (the id of "Ada Berg") |

  @K1
  Scenario Outline: A contact with another <part> is another person
    Given these Autotask contacts
      | known as | companyID | firstName | lastName |
      | ada      | nord      | Ada       | Berg     |
    And these Salesforce contacts
      | known as | FirstName | LastName | AccountId |
      | other    | <first>   | <last>   | Nord GmbH |
    When the importer runs
    Then the contact "other" is created by rule K1
    And Autotask has these contacts
      | firstName | lastName |
      | Ada       | Berg     |
      | <first>   | <last>   |

    Examples:
      | part       | first | last   |
      | first name | Ida   | Berg   |
      | last name  | Ada   | Bergen |

  @K1
  Scenario: A contact of another company of the same name is linked, where nobody else has a claim to it
    Given these Autotask contacts
      | known as | companyID | firstName | lastName |
      | ada      | branch    | Ada       | Berg     |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Ada       | Berg     | Nord GmbH |
    When the importer runs
    Then the contact "Ada Berg" is linked by rule K1

  @K1
  Scenario: A contact of its own company comes before those of others, in the run that links the company too
    Given these Autotask contacts
      | known as | companyID | firstName | lastName | title |
      | ada one  | nord      | Ada       | Berg     | one   |
      | ada two  | branch    | Ada       | Berg     | two   |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Ada       | Berg     | Nord GmbH |
    When the importer runs
    Then the contact "Ada Berg" is linked by rule K1
    And Autotask has these contacts
      | title | Salesforce Contact ID  |
      | one   | (the id of "Ada Berg") |
      | two   |                        |

  @K1
  Scenario: A contact of another account's company is left to a person
    Given these Autotask contacts
      | known as | companyID | firstName | lastName |
      | ada      | branch    | Ada       | Berg     |
    And these Salesforce accounts
      | known as | Name      | BillingCity |
      | hamburg  | Nord GmbH | Hamburg     |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Ada       | Berg     | Nord GmbH |
    When the importer runs
    Then the contact "Ada Berg" is held by rule K1

  @K1
  Scenario: An account of the same name whose company is called otherwise has people of its own, whatever else of it changes
    Given these Salesforce accounts
      | known as | Name      | BillingCity |
      | hamburg  | Nord GmbH | Hamburg     |
    And these Salesforce contacts
      | known as | FirstName | LastName | AccountId |
      | one      | Ada       | Berg     | Nord GmbH |
      | two      | Ada       | Berg     | hamburg   |
    When the importer runs
    Then the contact "two" is held by rule K1
    When the Autotask company "branch" changes
      | companyName | Renamed by hand |
    And the Salesforce account "hamburg" changes
      | Fax | 555-800 |
    And a scheduled import runs
    Then the contact "two" is created by rule K1
    And Autotask has these contacts
      | lastName | companyID       | Salesforce Contact ID |
      | Berg     | Nord GmbH       | (the id of "one")     |
      | Berg     | Renamed by hand | (the id of "two")     |

  @K1 @C3
  Scenario: Two contacts of one name in the company are left to a person
    Given these Autotask contacts
      | known as | companyID | firstName | lastName |
      | one      | nord      | Ada       | Berg     |
      | two      | nord      | Ada       | BERG     |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Ada       | Berg     | Nord GmbH |
    When the importer runs
    Then the contact "Ada Berg" is held by rule C3

  @K2
  Scenario: An orphan is skipped, and imported once it has an account
    Given these Salesforce contacts
      | FirstName | LastName |
      | Ada       | Berg     |
    When the importer runs
    Then the contact "Ada Berg" is orphan by rule K2
    And Autotask has no contacts
    When the Salesforce contact "Ada Berg" changes
      | AccountId | Nord GmbH |
    And the importer runs again
    Then the contact "Ada Berg" is created by rule K1

  @K4
  Scenario: A contact without first name gets the placeholder
    Given these Salesforce contacts
      | LastName | AccountId |
      | Berg     | Nord GmbH |
    When the importer runs
    Then Autotask has these contacts
      | firstName | lastName |
      | -         | Berg     |
    And the report remarks on the contact "Berg" "firstName"

  @K1 @K4
  Scenario: The placeholder equals no first name
    Given these Autotask contacts
      | known as | companyID | firstName | lastName |
      | berg     | nord      | -         | Berg     |
    And these Salesforce contacts
      | LastName | AccountId |
      | Berg     | Nord GmbH |
    When the importer runs
    Then the contact "Berg" is linked by rule K1

  @K1 @K4
  Scenario: No first name in Autotask equals no first name in Salesforce
    Given these Autotask contacts
      | known as | companyID | firstName | lastName |
      | berg     | nord      |           | Berg     |
    And these Salesforce contacts
      | LastName | AccountId |
      | Berg     | Nord GmbH |
    When the importer runs
    Then the contact "Berg" is linked by rule K1

  @K5
  Scenario: A contact that moves to another account stays in its company, which is reported once
    Given these Salesforce accounts
      | Name    |
      | Süd AG  |
    And these Salesforce contacts
      | FirstName | LastName | AccountId | Title   |
      | Ada       | Berg     | Nord GmbH | Manager |
    When the importer runs
    Then the contact "Ada Berg" is created by rule K1
    When the Salesforce contact "Ada Berg" changes
      | AccountId | Süd AG |
    And the importer runs again
    Then the contact "Ada Berg" is unchanged by rule K5
    And the reason for the contact "Ada Berg" contains "moved from account"
    And Autotask receives no write
    When the Salesforce contact "Ada Berg" changes
      | Title     | Director  |
      | AccountId | Nord GmbH |
    And the importer runs again
    Then the contact "Ada Berg" is updated by rule V3
    And the reason for the contact "Ada Berg" contains "moved from account"
    And Autotask has these contacts
      | firstName | lastName | title    |
      | Ada       | Berg     | Director |

  @V1 @V6
  Scenario: All fields of a contact arrive, cut where they are too long
    Given these Salesforce contacts
      | FirstName | LastName       | AccountId | Title           | Email           | Phone   | MobilePhone | OtherPhone      | Fax     | MailingStreet            | MailingCity     | MailingState | MailingPostalCode |
      | Ada       | "Berg & "Co"" | Nord GmbH | (128 times "t") | ada@example.com | 555-301 | 555-302     | (40 times "4")  | 555-304 | "Ring 2{LF}Haus B{LF}Tor 4"  | (40 times "c")  | Berlin       | 10115             |
    When the importer runs
    Then Autotask has these contacts
      | firstName | lastName        | companyID | title          | emailAddress    | phone   | mobilePhone | alternatePhone | faxNumber | addressLine | addressLine1    | city           | state  | zipCode | isActive |
      | Ada       | "Berg & "Co"" | Nord GmbH | (50 times "t") | ada@example.com | 555-301 | 555-302     | (32 times "4") | 555-304   | Ring 2      | "Haus B{LF}Tor 4" | (32 times "c") | Berlin | 10115   | true     |

  @C5 @K1
  Scenario: A contact that carries the 15 characters of an id is that contact, whatever its name
    Given these Salesforce contacts
      | known as | Id              | FirstName | LastName | AccountId | Title |
      | short    | 0035g0000000Xy1 | Jo        | Lund     | Nord GmbH | CTO   |
    And these Autotask contacts
      | companyID | firstName | lastName | title | Salesforce Contact ID |
      | nord      | Johanna   | Lundt    | CFO   | 0035g0000000Xy1       |
    When the importer runs
    Then the contact "short" is linked by rule K1
    And Autotask has these contacts
      | firstName | lastName | title |
      | Jo        | Lund     | CTO   |
