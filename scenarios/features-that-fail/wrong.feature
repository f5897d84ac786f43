Feature: Stories that are wrong: nobody is told them, and it is said what was probably meant

  Scenario: A step that nobody knows
    # fails with: wrong.feature:5: no step is called "the importer dances"
    When the importer dances

  Scenario: A step with a word too few
    # fails with: did you mean: Given or When these Salesforce accounts
    Given these Salesforce account
      | Name      |
      | Nord GmbH |

  Scenario: A step after the wrong keyword
    # fails with: it stands after Then, not after Given
    Given Autotask has no companies
