Feature: What an import that was cut off had decided is carried out by the next, as things are by then

  Background:
    Given these Salesforce accounts
      | Name      | BillingCity | Phone   |
      | Nord GmbH | Berlin      | 555-100 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId | Title |
      | Ada       | Berg     | Nord GmbH | CEO   |
      | Jo        | Lund     | Nord GmbH | CTO   |

  @R4 @R1 @N1 @interruption
  Scenario: What was left undone counts, and is told, where it is done
    Given the notification recipients are "Dana Default"
    When 60 minutes pass
    And the importer is killed once Autotask has made the company "Nord GmbH"
    And a scheduled import runs
    Then the run is "completed"
    And the account "Nord GmbH" is created by rule R4
    And the run counts 2 contacts as created
    And the run reads 1 account and 2 contacts
    And the last e-mail to "dana@example.com" has the subject "Salesforce import: 3 created"
    And the last e-mail to "dana@example.com" says "Nord GmbH"
    And the last e-mail to "dana@example.com" says "Ada Berg"
    And Autotask has these contacts
      | firstName | lastName | title |
      | Ada       | Berg     | CEO   |
      | Jo        | Lund     | CTO   |

  @R4 @R3 @interruption
  Scenario: No page is read again for what is left
    Given there are 2100 Salesforce contacts of the account "Nord GmbH"
    When 60 minutes pass
    And the importer is killed once Autotask has made the company "Nord GmbH"
    And a scheduled import runs
    Then the run is "completed"
    And the run counts 2102 contacts as created
    And the run takes at most 4 requests to Salesforce and 2300 to Autotask

  @R4 @V3 @interruption
  Scenario: A contact that changed after its import was killed is made as it is by then
    When the importer is killed once Autotask has made the company "Nord GmbH"
    And the Salesforce contact "Ada Berg" changes
      | Title | Chair |
    And a scheduled import runs
    Then the run reads 1 account and 2 contacts
    And Autotask has these contacts
      | firstName | lastName | title |
      | Ada       | Berg     | Chair |
      | Jo        | Lund     | CTO   |

  @R4 @R8 @interruption
  Scenario: A contact that was deleted after its import was killed is not made
    When the importer is killed once Autotask has made the company "Nord GmbH"
    And the Salesforce contact "Ada Berg" is deleted
    And a scheduled import runs
    Then the run is "completed"
    And Autotask has these contacts
      | firstName | lastName |
      | Jo        | Lund     |

  @R4 @V3 @V5 @interruption
  Scenario: A change that was taken back after its import was killed is not made
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And the Salesforce contact "Ada Berg" changes
      | Title | Chair |
    And the importer is killed while it changes a company
    And the Salesforce contact "Ada Berg" changes
      | Title | CEO |
    And a scheduled import runs
    Then the run is "completed"
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-200 |
    And Autotask has these contacts
      | firstName | lastName | title |
      | Ada       | Berg     | CEO   |
      | Jo        | Lund     | CTO   |

  @R4 @U1 @interruption
  Scenario: A pair that was taken apart after its import was killed is left alone
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And the Salesforce contact "Ada Berg" changes
      | Title | Chair |
    And the importer is killed while it changes a company
    And the Autotask contact "Ada Berg" changes
      | Salesforce Contact ID |  |
    And the importer runs
    Then the contact "Ada Berg" is un-mapped
    And Autotask has these contacts
      | firstName | lastName | title |
      | Ada       | Berg     | CEO   |
      | Jo        | Lund     | CTO   |

  @R4 @K4 @interruption
  Scenario: What was decided by other settings is decided anew
    Given these Salesforce contacts
      | LastName | AccountId |
      | Okoye    | Nord GmbH |
    When 60 minutes pass
    And the importer is killed once Autotask has made the company "Nord GmbH"
    And somebody sets "contact_first_name_placeholder" to "Team"
    And a scheduled import runs
    Then the run is "completed"
    And Autotask has these contacts
      | firstName | lastName |
      | Ada       | Berg     |
      | Jo        | Lund     |
      | Team      | Okoye    |

  @R4 @R9 @interruption
  Scenario: A contact whose values were erased after its import was killed is read again
    When 60 minutes pass
    And the importer is killed once Autotask has made the company "Nord GmbH"
    And somebody has the contact "Ada Berg" forgotten
    And a scheduled import runs
    Then the run is "completed"
    And Autotask has these contacts
      | firstName | lastName | title |
      | Ada       | Berg     | CEO   |
      | Jo        | Lund     | CTO   |

  @R4 @K3 @interruption
  Scenario: An import that is cut off again and again comes to its end
    Given these Salesforce accounts
      | Name    |
      | West Oy |
    And these Salesforce contacts
      | LastName | AccountId |
      | Okoye    | West Oy   |
    When the importer is killed once Autotask has made the company "West Oy"
    And the importer is killed once Autotask has made the contact "Ada Berg"
    And the Salesforce contact "Okoye" changes
      | Title | Chair |
    And a scheduled import runs
    And 10 minutes pass
    And a scheduled import runs
    Then the run is "completed"
    And Autotask has these companies
      | companyName |
      | Nord GmbH   |
      | West Oy     |
    And Autotask has these contacts
      | lastName | title | companyID |
      | Berg     | CEO   | Nord GmbH |
      | Lund     | CTO   | Nord GmbH |
      | Okoye    | Chair | West Oy   |

  @R4 @R10 @interruption
  Scenario: What an import that was killed was about to create needs nobody's approval
    Given there are 120 Salesforce contacts of the account "Nord GmbH"
    When 60 minutes pass
    And the importer is killed before Autotask makes the contact "Ada Berg"
    And a scheduled import runs
    Then the run is "completed"
    And the contact "Ada Berg" is deferred by rule R4
    When 10 minutes pass
    And a scheduled import runs
    Then the run is "completed"
    And the contact "Ada Berg" is created
