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

  Scenario: A user-defined field that does not exist
    # fails with: there is no field "Salesforce Comapny ID"
    Given these Salesforce accounts
      | Name      |
      | Nord GmbH |
    When the importer runs
    Then Autotask has these companies
      | companyName | Salesforce Comapny ID |
      | Nord GmbH   |                       |

  Scenario: A fault that is planted after the last run
    # fails with: the story planted 1 faults, 0 happened
    Given these Salesforce accounts
      | Name      |
      | Nord GmbH |
    When the importer runs
    And Salesforce answers the next query with the fault "INVALID_SESSION_ID"

  Scenario: A mail server's answer to a command that never comes
    # fails with: the mail server was to give "451 later" to DAAT, and had no occasion
    Given these Salesforce accounts
      | Name      |
      | Nord GmbH |
    And the notification recipients are "Dana Default"
    And the mail server answers "451 later" to the next DAAT
    When the importer runs
    Then the run is "completed"

  Scenario: A recipient who is told nothing
    # fails with: the answer to the recipient "adda@example.com", and had no occasion
    Given these Salesforce accounts
      | Name      |
      | Nord GmbH |
    And the notification recipients are "Dana Default"
    And the mail server answers "550 unknown" to the recipient "adda@example.com"
    When the importer runs
    Then the run is "completed"

  Scenario: A record that a failed run left alone
    # fails with: the run is "failed" and left nothing unchanged
    Given the default account manager is "Dana Defualt"
    And these Salesforce accounts
      | Name      |
      | Nord GmbH |
    When the importer runs
    Then the account "Nord GmbH" is unchanged

  Scenario: A heading that stands twice
    # fails with: the heading "Phone" stands twice
    Given these Salesforce accounts
      | Name      | Phone   | Phone   |
      | Nord GmbH | 555-100 | 555-200 |
    When the importer runs

  Scenario: A field that does not exist and is cleared
    # fails with: there is no field "ctiy"
    Given these Autotask companies
      | companyName | city   | phone   |
      | Nord GmbH   | Berlin | 555-100 |
    When the Autotask company "Nord GmbH" changes
      | ctiy | |
