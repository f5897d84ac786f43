Feature: Stories that must fail: if one of them held, the suite would prove nothing

  Scenario: A value that is not there
    # fails with: Autotask's records differ
    Given these Salesforce accounts
      | Name      | Phone   |
      | Nord GmbH | 555-100 |
    When the importer runs
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-101 |

  Scenario: A company too many
    # fails with: Autotask's records differ
    Given these Salesforce accounts
      | Name      |
      | Nord GmbH |
      | Süd AG    |
    When the importer runs
    Then Autotask has these companies
      | companyName |
      | Nord GmbH   |

  Scenario: A company too few
    # fails with: Autotask's records differ
    Given these Salesforce accounts
      | Name      |
      | Nord GmbH |
    When the importer runs
    Then Autotask has these companies
      | companyName |
      | Nord GmbH   |
      | Nord GmbH   |

  Scenario: An outcome that is another
    # fails with: "Nord GmbH" is created by rule C1, not linked
    Given these Salesforce accounts
      | Name      |
      | Nord GmbH |
    When the importer runs
    Then the account "Nord GmbH" is linked

  Scenario: The right outcome by another rule
    # fails with: "Nord GmbH" is created by rule C1, not created by rule C4
    Given these Salesforce accounts
      | Name      |
      | Nord GmbH |
    When the importer runs
    Then the account "Nord GmbH" is created by rule C4

  Scenario: A write where there must be none
    # fails with: Autotask received
    Given these Salesforce accounts
      | Name      |
      | Nord GmbH |
    When the importer runs
    Then Autotask receives no write

  Scenario: A fault that never happens
    # fails with: the story planted 1 faults, 0 happened
    Given these Salesforce accounts
      | Name      |
      | Nord GmbH |
    And the answer to the create of the company "Süd AG" is lost
    When the importer runs

  Scenario: A record that the story has not told of
    # fails with: the story has not told of "Süd AG"
    Given these Salesforce accounts
      | Name      |
      | Nord GmbH |
    When the importer runs
    Then the account "Süd AG" is created

  Scenario: A run before there was one
    # fails with: the importer has not run yet
    Then the run is "completed"

  Scenario: A field that does not exist
    # fails with: there is no field "companyNme"
    Then Autotask has these companies
      | companyNme |
