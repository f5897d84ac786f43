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

  @C11
  Scenario: A tag of a rule that does not exist
    # fails with: wrong.feature:18: there is no rule C11
    When the importer runs

  Scenario: A table below a step that takes none
    # fails with: wrong.feature:24: this step takes no table
    When the importer runs
      | Name |

  Scenario: A step without its table
    # fails with: wrong.feature:29: this step needs a table
    Given these Salesforce accounts
