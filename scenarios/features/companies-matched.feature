Feature: An account that is a company already is linked to it
  A company is the same when name, first address line, city and state agree, whatever the case and the blanks.

  Background:
    Given these Autotask companies
      | known as | companyName | address1        | city   | state  | phone   |
      | nord     | Nord GmbH   | Hafenstraße 1   | Berlin | Berlin | 555-100 |

  @C1
  Scenario: An account with the same name, street, city and state is linked
    Given these Salesforce accounts
      | Name      | BillingStreet | BillingCity | BillingState | Phone   |
      | Nord GmbH | Hafenstraße 1 | Berlin      | Berlin       | 555-200 |
    When the importer runs
    Then the account "Nord GmbH" is linked by rule C1
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID    |
      | Nord GmbH   | 555-200 | (the id of "Nord GmbH")  |

  @C1
  Scenario Outline: An account that differs in its <part> is another company
    Given these Salesforce accounts
      | known as | Name   | BillingStreet | BillingCity | BillingState | Phone   |
      | other    | <name> | <street>      | <city>      | <state>      | 555-200 |
    When the importer runs
    Then the account "other" is created by rule C1
    And Autotask has these companies
      | companyName | address1      | city   | state  | Salesforce Company ID |
      | Nord GmbH   | Hafenstraße 1 | Berlin | Berlin |                       |
      | <name>      | <street>      | <city> | <state> | (the id of "other")  |

    Examples:
      | part   | name       | street        | city    | state  |
      | name   | Nord AG    | Hafenstraße 1 | Berlin  | Berlin |
      | street | Nord GmbH  | Hafenstraße 2 | Berlin  | Berlin |
      | city   | Nord GmbH  | Hafenstraße 1 | Potsdam | Berlin |
      | state  | Nord GmbH  | Hafenstraße 1 | Berlin  | BE     |
      | dots   | Nord GmbH. | Hafenstraße 1 | Berlin  | Berlin |

  @C1 @C2
  Scenario Outline: An account spelled with other <what> is the same company
    Given these Salesforce accounts
      | known as | Name   | BillingStreet | BillingCity | BillingState | Phone   |
      | same     | <name> | <street>      | <city>      | Berlin       | 555-100 |
    When the importer runs
    Then the account "same" is linked by rule C1
    And the run counts 0 accounts as created

    Examples:
      | what    | name             | street            | city       |
      | case    | NORD gmbh        | HAFENSTRAßE 1     | berlin     |
      | blanks  | "  Nord   GmbH " | " Hafenstraße  1" | "Berlin  " |

  @C2
  Scenario: Accents written apart from their letters make no other company
    Given these Autotask companies
      | known as | companyName     | city               | phone   |
      | süd      | "Su{U+0308}d AG"  | "Mu{U+0308}nchen"    | 555-300 |
    And these Salesforce accounts
      | known as | Name    | BillingCity | Phone   |
      | süd      | Süd AG  | München     | 555-300 |
    When the importer runs
    Then the account "süd" is linked by rule C1

  @C1 @C2
  Scenario: An account without address is a company without address
    Given these Autotask companies
      | known as | companyName | phone   |
      | west     | West KG     | 555-400 |
    And these Salesforce accounts
      | Name    | Phone   |
      | West KG | 555-400 |
    When the importer runs
    Then the account "West KG" is linked by rule C1

  @C1 @C2 @V1
  Scenario: A name that had to be cut is found again by what was kept of it
    Given these Autotask companies
      | known as | companyName       | phone   |
      | long     | (100 times "x")   | 555-500 |
    And these Salesforce accounts
      | known as | Name            | Phone   |
      | long     | (120 times "x") | 555-500 |
    When the importer runs
    Then the account "long" is linked by rule C1

  @C1 @V4
  Scenario: An inactive company is linked, and stays inactive
    Given these Autotask companies
      | known as | companyName | isActive | phone   |
      | closed   | Closed Inc. | false    | 555-600 |
    And these Salesforce accounts
      | Name        | Phone   |
      | Closed Inc. | 555-601 |
    When the importer runs
    Then the account "Closed Inc." is linked by rule C1
    And Autotask has these companies
      | companyName | isActive | phone   |
      | Nord GmbH   | true     | 555-100 |
      | Closed Inc. | false    | 555-601 |

  @C1
  Scenario: The tenant's own company is never linked
    Given these Salesforce accounts
      | Name        | Phone        |
      | Mock Tenant | 555-555-0100 |
    When the importer runs
    Then the account "Mock Tenant" is created by rule C1

  @C3
  Scenario: Two companies with one key are left to a person
    Given these Autotask companies
      | known as | companyName | address1      | city   | state  | phone   |
      | twin     | NORD GMBH   | Hafenstraße 1 | Berlin | Berlin | 555-101 |
    And these Salesforce accounts
      | Name      | BillingStreet | BillingCity | BillingState |
      | Nord GmbH | Hafenstraße 1 | Berlin      | Berlin       |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Ada       | Berg     | Nord GmbH |
    When the importer runs
    Then the account "Nord GmbH" is held by rule C3
    And the contact "Ada Berg" is deferred by rule K3
    And Autotask has no contacts
