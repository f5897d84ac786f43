@interruption
Feature: Settings, schedule and answers are right beside and after an import that was cut off

  Background:
    Given these Salesforce accounts
      | Name      | BillingCity | Phone   |
      | Nord GmbH | Berlin      | 555-100 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId | Title |
      | Ada       | Berg     | Nord GmbH | CEO   |

  @S1 @C8 @R4
  Scenario: What somebody saves while an import lies killed is what the next goes by
    Given these Autotask resources
      | firstName | lastName |
      | Jo        | Lund     |
    And what people edit is left to the ledger
    When the importer is killed before Autotask makes the company "Nord GmbH"
    And somebody sets "default_account_manager" to "Jo Lund"
    And the importer runs again
    And 10 minutes pass
    And the importer runs again
    Then Autotask has these companies
      | companyName | ownerResourceID |
      | Nord GmbH   | Jo Lund         |

  @S1 @R4
  Scenario: What is saved while an import is under way does not end it, and serves the next
    Given what people edit is left to the ledger
    When the importer runs and waits for the answer to the create of the company "Nord GmbH"
    And somebody sets "contact_first_name_placeholder" to "?"
    And these Salesforce contacts
      | LastName | AccountId |
      | Lund     | Nord GmbH |
    And the import that is under way is killed
    And the importer runs again
    Then Autotask has these contacts
      | firstName | lastName |
      | Ada       | Berg     |
      | ?         | Lund     |

  @S3 @R4
  Scenario: The tick after an import that was killed is kept, and finishes its work
    Given it is 09:00
    And the importer is active
    When it is 09:05
    And the importer is killed once Autotask has made the company "Nord GmbH"
    And it is 09:19
    Then Autotask has no contacts
    When it is 09:20
    Then Autotask has these contacts
      | firstName | lastName | companyID |
      | Ada       | Berg     | Nord GmbH |

  @S3 @S4 @R4
  Scenario: A service that was down for hours with an import killed makes up for it with one import
    Given it is 09:00
    And the importer is active
    When it is 09:05
    And the importer is killed once Autotask has made the company "Nord GmbH"
    And the importer's process is stopped
    And it is 13:13
    Then Autotask has no contacts
    When the importer's process is started again
    Then the run is "completed"
    And Autotask has these contacts
      | firstName | lastName |
      | Ada       | Berg     |
    When somebody asks for the status
    Then the answer says "13:13:00 UTC, run 2, completed"

  @S4 @R1
  Scenario: A launch after an import that was killed is not refused for the run it left
    When the importer runs and waits for the answer to the create of the company "Nord GmbH"
    And the importer runs again
    Then the importer refuses to run, because "another import is running: run 1"
    When the import that is under way is killed
    And the importer runs again
    Then the run is "completed"
    And Autotask has these companies
      | companyName | Salesforce Company ID   |
      | Nord GmbH   | (the id of "Nord GmbH") |
    When somebody asks for the status
    Then the answer says "run 2, completed"

  @S5
  Scenario: The status tells of the import under way, and of none once that was killed
    When the importer runs and waits for the answer to the create of the company "Nord GmbH"
    And somebody asks for the status
    Then the answer says "Last import:           N/A"
    And the answer says "run 1, since 2026-01-05 09:01:00 UTC"
    And the answer says "writing companies, 0 of 1"
    When the import that is under way is killed
    And somebody asks for the status
    Then the answer says "Last import:           N/A"
    And the answer lacks "Running"

  @S5 @R1
  Scenario: The last import is the last that ended, until the next has told what became of one that was killed
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And the importer is killed while it changes a company
    And somebody asks for the status
    Then the answer says "2026-01-05 09:01:00 UTC, run 1, completed"
    When the importer runs again
    And somebody asks for the status
    Then the answer says "2026-01-05 09:03:00 UTC, run 3, completed"

  @S5
  Scenario: An import that failed is the last import
    When the importer runs
    And Autotask is down
    And the importer runs again
    And somebody asks for the status
    Then the answer says "2026-01-05 09:02:00 UTC, run 2, failed"
    And the answer says "09:20"

  @S6
  Scenario Outline: A check during an outage of <whom> says so, and changes nothing
    When the importer runs
    And <whom> is down
    And somebody checks the connections
    Then the answer says "WRONG  <whom> cannot be <what>"
    When <whom> is up again
    And somebody checks the connections
    Then the answer lacks "WRONG"
    And Autotask has these companies
      | companyName |
      | Nord GmbH   |

    Examples:
      | whom       | what               |
      | Autotask   | used at the moment |
      | Salesforce | read               |

  @S6 @R4
  Scenario: A check beside an import stands in nobody's way, and finishes nothing that was killed
    When the importer runs and waits for the answer to the create of the company "Nord GmbH"
    And somebody checks the connections
    Then the answer says "fine   Autotask accepts the credentials"
    And the answer lacks "WRONG"
    When the import that is under way is killed
    And somebody checks the connections
    Then the answer lacks "WRONG"
    And Autotask has no contacts

  @R6 @R4
  Scenario: Imports that are killed fill Autotask's hour no further than one that is not
    Given there are 120 Salesforce contacts of the account "Nord GmbH"
    And Autotask takes 200 requests an hour
    When the importer is killed once Autotask has made the contact "Number N0080"
    And the importer runs again
    And 10 minutes pass
    And the importer runs again
    Then the run is "completed"
    And the run takes at least 30 minutes
    And no hour of the importer has more than 150 requests to Autotask
    When somebody compares both systems
    Then the answer says ": 0 differences; 0 more records wait"

  @R7 @R4
  Scenario Outline: A plan after an import that was killed <when> Autotask made a company finishes nothing of it
    When the importer is killed <when> Autotask <made> the company "Nord GmbH"
    And somebody plans an import
    Then the run is "planned"
    And the account "Nord GmbH" is <outcome>
    And Autotask receives no write
    When the importer runs again
    And 10 minutes pass
    And the importer runs again
    Then Autotask has these companies
      | companyName | Salesforce Company ID   |
      | Nord GmbH   | (the id of "Nord GmbH") |
    And Autotask has these contacts
      | firstName | lastName |
      | Ada       | Berg     |

    Examples:
      | when   | made     | outcome   |
      | once   | has made | created   |
      | before | makes    | deferred  |

  @R7 @S4
  Scenario: A plan beside an import that is under way is made all the same
    When the importer runs and waits for the answer to the create of the company "Nord GmbH"
    And somebody plans an import
    Then the run is "planned"
    And Autotask receives no write
    When the import that is under way is killed
    And the importer runs again
    Then the run is "completed"

  @R9 @R4
  Scenario: Why a create is open is answered, and afterwards that each run is known
    When the importer is killed before Autotask makes the company "Nord GmbH"
    And somebody asks about the account "Nord GmbH"
    Then the answer says "is linked to no Autotask company"
    And the answer says "its create was sent and not answered (R4)"
    When the importer runs again
    And 10 minutes pass
    And the importer runs again
    And somebody asks about the account "Nord GmbH"
    Then the answer says "the run ended before"
    And the answer says "run 2, 2026-01-05 09:02:00 UTC: deferred, R4"
    And the answer says "run 3, 2026-01-05 09:13:00 UTC: created"

  @R9 @R4
  Scenario: What is erased about a person stays so although an import was killed
    When the importer runs
    And the Salesforce contact "Ada Berg" changes
      | Title | Chief of Everything |
    And the importer is killed while it changes a contact
    And somebody has the contact "Ada Berg" forgotten
    And somebody asks about the contact "Ada Berg"
    Then the answer lacks "Chief of Everything"
    When the importer runs again
    Then Autotask has these contacts
      | lastName | title               |
      | Berg     | Chief of Everything |

  @R11 @R4
  Scenario: The comparison lists what an import that was killed left open, and nothing once it is done
    When the importer is killed before Autotask makes the company "Nord GmbH"
    And somebody compares both systems
    Then the answer says ": 2 differences"
    And the answer says "its create was sent and not answered"
    And Autotask has no companies
    When the importer runs again
    And somebody compares both systems
    Then the answer says ": 0 differences"
    And the answer says "2 more records wait"
    When 10 minutes pass
    And the importer runs again
    And somebody compares both systems
    Then the answer says ": 0 differences; 0 more records wait"

  @R12 @R4
  Scenario Outline: A ledger belongs to its <what> although no import on it ever ended
    When the importer is killed once Autotask has made the company "Nord GmbH"
    And the importer is pointed at another <what>
    And the importer runs again
    Then the importer refuses to run, because "<words>"

    Examples:
      | what                    | words                              |
      | Salesforce organization | belongs to Salesforce organization |
      | Autotask database       | belongs to Autotask                |

  @N2 @R4
  Scenario: Quiet silences no scheduled import that has to make what one that was killed did not
    Given the notification recipients are "Dana Default"
    And notifications are quiet
    When the importer is killed before Autotask makes the company "Nord GmbH"
    And a scheduled import runs
    And 10 minutes pass
    And a scheduled import runs
    Then the last e-mail to "dana@example.com" has the subject "Salesforce import: 2 created"
    And the last e-mail to "dana@example.com" says "Nord GmbH"

  @N2
  Scenario: Quiet is kept where an import that was killed had written all there was to write
    Given the notification recipients are "Dana Default"
    And notifications are quiet
    When a scheduled import runs
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And the importer is killed while it changes a company
    And 3 scheduled imports run
    Then "dana@example.com" has received 1 e-mail
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-200 |

  @N4
  Scenario: A recipient made inactive while an import lies killed hears nothing of the next
    Given these Autotask resources
      | firstName | lastName | email          | isActive |
      | Jo        | Lund     | jo@example.com | true     |
    And the notification recipients are "Dana Default, Jo Lund"
    When the importer is killed once Autotask has made the company "Nord GmbH"
    And the Autotask resource "Jo Lund" changes
      | isActive | false |
    And the importer runs again
    Then "dana@example.com" has received 1 e-mail
    And "jo@example.com" has received 0 e-mails
    And the run warns "Jo Lund"
