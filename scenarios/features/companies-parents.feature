Feature: A parent account becomes a parent company

  @C7
  Scenario: A chain of any depth is made, whichever account comes first
    Given these Salesforce accounts
      | Name    |
      | Top     |
      | Middle  |
      | Bottom  |
    And the Salesforce account "Top" changes
      | ParentId |  |
    And the Salesforce account "Middle" changes
      | ParentId | Top |
    And the Salesforce account "Bottom" changes
      | ParentId | Middle |
    When the importer runs
    Then Autotask has these companies
      | companyName | parentCompanyID |
      | Top         |                 |
      | Middle      | Top             |
      | Bottom      | Middle          |

  @C7
  Scenario: A child that comes before its parent gets it in the same run
    Given these Salesforce accounts
      | Name  |
      | Child |
      | Head  |
    And the Salesforce account "Child" changes
      | ParentId | Head |
    When the importer runs
    Then Autotask has these companies
      | companyName | parentCompanyID |
      | Child       | Head            |
      | Head        |                 |

  @C7
  Scenario: An account that changes and gets a parent made by the same import shows both
    Given these Salesforce accounts
      | Name  | Phone   |
      | Child | 555-100 |
    When the importer runs
    And these Salesforce accounts
      | Name   | Phone   |
      | Parent | 555-300 |
    And the Salesforce account "Child" changes
      | Phone    | 555-200 |
      | ParentId | Parent  |
    And the importer runs again
    Then the account "Child" is updated
    And Autotask has these companies
      | companyName | phone   | parentCompanyID |
      | Child       | 555-200 | Parent          |
      | Parent      | 555-300 |                 |
    When the importer runs again
    Then Autotask receives no write

  @C7
  Scenario: A circle of parents stops nobody
    Given these Salesforce accounts
      | Name |
      | Yin  |
      | Yang |
    And the Salesforce account "Yin" changes
      | ParentId | Yang |
    And the Salesforce account "Yang" changes
      | ParentId | Yin |
    When the importer runs
    Then the run counts 2 accounts as created
    And the run is "completed"

  @C3 @C7
  Scenario: A parent that is held does not keep its child back
    Given these Autotask companies
      | known as | companyName | phone |
      | one      | Head        | 555-1 |
      | two      | HEAD        | 555-2 |
    And these Salesforce accounts
      | Name  |
      | Head  |
      | Child |
    And the Salesforce account "Child" changes
      | ParentId | Head |
    When the importer runs
    Then the account "Head" is held by rule C3
    And Autotask has these companies
      | companyName | parentCompanyID |
      | Head        |                 |
      | HEAD        |                 |
      | Child       |                 |

  @C7 @V4
  Scenario Outline: A parent that comes later is set as <policy> has it where somebody has set another
    Given the setting "<setting>" is "<policy>"
    And these Autotask companies
      | known as | companyName | phone | parentCompanyID |
      | boss     | Boss        | 555-3 |                 |
      | child    | Child       | 555-4 | boss            |
    And these Salesforce accounts
      | Name  |
      | Child |
      | Head  |
    And these Autotask companies
      | known as | companyName | phone |
      | one      | Head        | 555-1 |
      | two      | HEAD        | 555-2 |
    And the Salesforce account "Child" changes
      | ParentId | Head |
    When the importer runs
    And somebody links the account "Head" to "one"
    And a scheduled import runs
    Then Autotask has these companies
      | companyName | parentCompanyID |
      | Boss        |                 |
      | Child       | <parent>        |
      | Head        |                 |
      | HEAD        |                 |

    Examples:
      | setting        | policy                             | parent |
      | first_link     | salesforce                         | Head   |
      | first_link     | fill-empty                         | Boss   |
      | field_policies | company.parentCompanyID=fill-empty | Boss   |

  @C4 @C7
  Scenario: The child of a duplicate gets the company that the duplicate is
    Given these Salesforce accounts
      | known as | Name  |
      | head     | Head  |
      | again    | HEAD  |
      | child    | Child |
    And the Salesforce account "child" changes
      | ParentId | again |
    When the importer runs
    Then Autotask has these companies
      | companyName | parentCompanyID |
      | Head        |                 |
      | Child       | Head            |

  @C7
  Scenario: A parent that is linked in a later run is set then
    Given these Autotask companies
      | known as | companyName | phone |
      | one      | Head        | 555-1 |
      | two      | HEAD        | 555-2 |
    And these Salesforce accounts
      | Name  |
      | Head  |
      | Child |
    And the Salesforce account "Child" changes
      | ParentId | Head |
    When the importer runs
    And the Autotask company "two" changes
      | companyName | Quite another firm |
    And the importer runs again
    Then the account "Head" is linked by rule C1
    And Autotask has these companies
      | companyName        | parentCompanyID |
      | Head               |                 |
      | Quite another firm |                 |
      | Child              | Head            |

  @C7
  Scenario: A parent that Autotask refuses does not keep the company out, and is tried again a day later
    Given these Salesforce accounts
      | Name    | ParentId |
      | Mutter  |          |
      | Tochter | Mutter   |
    And Autotask refuses to create the company "Tochter" with "Data violation: this parent is not allowed."
    When the importer runs
    Then the run is "completed"
    And the account "Tochter" is created
    And the reason for the account "Tochter" contains "its parent was refused: Data violation"
    And Autotask has these companies
      | companyName | parentCompanyID |
      | Mutter      |                 |
      | Tochter     |                 |
    When 20 minutes pass
    And the importer runs again
    Then Autotask receives no write
    When 1440 minutes pass
    And the importer runs again
    Then Autotask has these companies
      | companyName | parentCompanyID |
      | Mutter      |                 |
      | Tochter     | Mutter          |
