Feature: Two accounts with one key are one company

  @C4
  Scenario: The account with the lower id makes the company, the other is a duplicate of it
    Given these Salesforce accounts
      | known as | Name       | BillingCity | Phone   |
      | first    | Ost GmbH   | Dresden     | 555-100 |
      | second   | OST  gmbh  | dresden     | 555-200 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Ada       | Berg     | first     |
      | Jo        | Lund     | second    |
    When the importer runs
    Then the account "first" is created by rule C1
    And the account "second" is duplicate by rule C4
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID |
      | Ost GmbH    | 555-100 | (the id of "first")   |
    And Autotask has these contacts
      | firstName | lastName | companyID |
      | Ada       | Berg     | Ost GmbH  |
      | Jo        | Lund     | Ost GmbH  |

  @C4
  Scenario: A duplicate of an account that is linked writes nothing into the company
    Given these Autotask companies
      | known as | companyName | city    | phone   |
      | ost      | Ost GmbH    | Dresden | 555-900 |
    And these Salesforce accounts
      | known as | Name     | BillingCity | Phone   |
      | first    | Ost GmbH | Dresden     | 555-100 |
      | second   | Ost GmbH | Dresden     | 555-200 |
    When the importer runs
    Then the account "first" is linked by rule C1
    And the account "second" is duplicate by rule C4
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID |
      | Ost GmbH    | 555-100 | (the id of "first")   |

  @C4 @K1
  Scenario: A contact that both of two duplicate accounts have becomes one contact
    Given these Salesforce accounts
      | known as | Name     |
      | first    | Ost GmbH |
      | second   | ost gmbh |
    And these Salesforce contacts
      | known as | FirstName | LastName | AccountId |
      | ada one  | Ada       | Berg     | first     |
      | ada two  | ada       | BERG     | second    |
    When the importer runs
    Then the contact "ada one" is created by rule K1
    And the contact "ada two" is duplicate by rule C4
    And Autotask has these contacts
      | firstName | lastName | Salesforce Contact ID  |
      | Ada       | Berg     | (the id of "ada one")  |
