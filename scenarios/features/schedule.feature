Feature: Imports begin by themselves, at :00, :20 and :40

  Background:
    Given it is 09:00
    And the importer is active
    And these Salesforce accounts
      | Name      | Phone   |
      | Nord GmbH | 555-100 |

  @S3
  Scenario: Between two ticks there is none
    When it is 09:19
    Then Autotask has no companies
    When it is 09:20
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |

  @S3
  Scenario: What happened in between does not put the tick off
    When it is 09:07
    And it is 09:13
    And it is 09:20
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |

  @S3 @S4
  Scenario: An import that somebody starts puts no tick off
    When it is 09:17
    And the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-101 |
    And it is 09:20
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-101 |

  @S3 @R3
  Scenario: An hour has three imports, and the idle ones cost little
    When 60 minutes pass
    Then the run reads 0 accounts and 0 contacts
    And the run takes at most 4 requests to Salesforce and 3 to Autotask
    And no hour of the importer has more than 50 requests to Autotask

  @S3 @R4 @interruption
  Scenario: A tick at which Autotask is down is made up by the next
    When Autotask is down
    And 20 minutes pass
    Then the run is "failed"
    When Autotask is up again
    And 20 minutes pass
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |

  @S3 @N3 @interruption
  Scenario: An outage of hours is told once, and once that it is over
    Given the notification recipients are "Dana Default"
    And notifications are quiet
    When 20 minutes pass
    And Salesforce is down
    And 180 minutes pass
    Then "dana@example.com" has received 2 e-mails
    When Salesforce is up again
    And 60 minutes pass
    Then "dana@example.com" has received 3 e-mails
    And the last e-mail to "dana@example.com" says "what you were told of before is over"

  @S3 @R2
  Scenario: A refused account is left alone for an hour, then made
    Given Autotask refuses to create the company "Nord GmbH" with "Data violation: not today."
    When 20 minutes pass
    Then the account "Nord GmbH" is refused by rule R2
    When 40 minutes pass
    Then the run reads 0 accounts and 0 contacts
    When 40 minutes pass
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |

  @S3 @U1
  Scenario: A pair taken apart is noticed within a day, although nothing changed
    When 20 minutes pass
    And the Autotask company "Nord GmbH" changes
      | Salesforce Company ID |  |
    And 1440 minutes pass
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-101 |
    And 20 minutes pass
    Then the account "Nord GmbH" is un-mapped by rule U1
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |

  @S4 @S3
  Scenario: Ticks that were missed are made up by one import, and where none was missed there is none
    When it is 09:25
    And the importer's process is stopped
    And it is 09:35
    And the importer's process is started again
    And somebody asks for the status
    Then the answer says "2026-01-05 09:20:00 UTC, run 1"
    When the importer's process is stopped
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-101 |
    And it is 12:05
    And the importer's process is started again
    And somebody asks for the status
    Then the answer says "2026-01-05 12:05:00 UTC, run 2"
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-101 |
    When it is 12:20
    And somebody asks for the status
    Then the answer says "2026-01-05 12:20:00 UTC, run 3"

  @S4
  Scenario: Each launch is an import of its own, however close the last one was
    When the importer runs
    And the importer runs again
    And somebody asks for the status
    Then the answer says "2026-01-05 09:02:00 UTC, run 2"

  @S4 @S3 @interruption
  Scenario: A tick that finds an import under way is left out, and the next is not
    When it is 09:18
    And the importer runs and waits for the answer to the create of the company "Nord GmbH"
    And it is 09:20
    Then the importer refuses to run, because "another import is running: run 1"
    When the import that is under way is killed
    And it is 09:40
    Then the run is "completed"
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID   |
      | Nord GmbH   | 555-100 | (the id of "Nord GmbH") |
