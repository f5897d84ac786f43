Feature: People hear of imports

  Background:
    Given the notification recipients are "Dana Default"
    And these Salesforce accounts
      | Name      | BillingCity |
      | Nord GmbH | Berlin      |
      | Süd AG    | München     |

  @N1
  Scenario: After an import each recipient gets one e-mail that says what it did
    Given these Autotask resources
      | firstName | lastName | email           | isActive |
      | Ada       | Berg     | ada@example.com | true     |
    And the notification recipients are "Dana Default, Ada Berg"
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Jörg      | Öz       | Nord GmbH |
      | No        | Account  |           |
    And Autotask refuses to create the company "Süd AG" with "Data violation: not today."
    When the importer runs
    Then "dana@example.com" has received 1 e-mail
    And "ada@example.com" has received 1 e-mail
    And the last e-mail to "dana@example.com" has the subject "Salesforce import: 2 created, 1 refused"
    And the last e-mail to "dana@example.com" says "completed, but some records were refused"
    And the last e-mail to "dana@example.com" says "Nord GmbH"
    And the last e-mail to "dana@example.com" says "Jörg Öz"
    And the last e-mail to "dana@example.com" says "Data violation: not today."
    And the last e-mail to "dana@example.com" says "No Account"
    And the last e-mail to "dana@example.com" says "importer show 1"
    And all e-mails have Message-IDs of their own and belong to one thread

  @N1
  Scenario: What was updated is listed with its fields
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | BillingCity | Potsdam |
    And the importer runs again
    Then the last e-mail to "dana@example.com" has the subject "Salesforce import: 1 updated"
    And the last e-mail to "dana@example.com" says "Updated companies (1)"
    And the last e-mail to "dana@example.com" says "city"

  @N1
  Scenario: Names mean no harm, and automatic answers keep quiet
    Given these Salesforce accounts
      | Name                                            |
      | <script>alert(1)</script>                       |
      | "Two{CR}{LF}Bcc: somebody@example.com{CR}{LF}." |
    When the importer runs
    Then the last e-mail to "dana@example.com" says "<script>alert(1)</script>"
    And the HTML of the last e-mail to "dana@example.com" lacks "<script>"
    And the last e-mail to "dana@example.com" has these header fields
      | Subject                  | Salesforce import: 4 created           |
      | From                     | Importer <importer@example.com>        |
      | To                       | ""Dana Default" <dana@example.com>"    |
      | Auto-Submitted           | auto-generated                         |
      | X-Auto-Response-Suppress | All                                    |
      | Precedence               | bulk                                   |
      | Bcc                      |                                        |
    And "somebody@example.com" has received 0 e-mails

  @N1
  Scenario: A recipient's name with a line break in it makes no header
    Given these Autotask resources
      | firstName                          | lastName | email           | isActive |
      | "Ada{CR}{LF}Bcc: eve@example.com," | Berg     | ada@example.com | true     |
    And the notification recipients are "29682887"
    When the importer runs
    Then "eve@example.com" has received 0 e-mails

  @N1
  Scenario: Long lists are cut, and a file holds all of it
    Given 30 more Salesforce accounts
    When the importer runs
    Then the last e-mail to "dana@example.com" has the subject "Salesforce import: 32 created"
    And the last e-mail to "dana@example.com" says "and 12 more"
    And the last e-mail to "dana@example.com" brings a CSV file of 32 records

  @N1
  Scenario: All recipients can share one e-mail
    Given these Autotask resources
      | firstName | lastName | email           | isActive |
      | Ada       | Berg     | ada@example.com | true     |
    And the notification recipients are "Dana Default, Ada Berg"
    And all recipients get one e-mail together
    When the importer runs
    Then "ada@example.com" has received 1 e-mail
    And the 1 e-mails to "dana@example.com" are one by their Message-ID
    And the last e-mail to "ada@example.com" has these header fields
      | To | ""Dana Default" <dana@example.com>, "Ada Berg" <ada@example.com>" |

  @N2
  Scenario: Without quiet every import is told
    When the importer runs
    And 2 scheduled imports run
    Then "dana@example.com" has received 3 e-mails
    And the last e-mail to "dana@example.com" has the subject "Salesforce import: nothing new"

  @N2
  Scenario: Quiet silences scheduled imports that found nothing new or updated
    Given notifications are quiet
    When a scheduled import runs
    Then "dana@example.com" has received 1 e-mail
    When 3 scheduled imports run
    Then "dana@example.com" has received 1 e-mail
    When the Salesforce account "Nord GmbH" changes
      | BillingCity | Potsdam |
    And a scheduled import runs
    Then "dana@example.com" has received 2 e-mails

  @N2
  Scenario: Quiet silences neither what somebody started nor errors
    Given notifications are quiet
    When the importer runs
    And the importer runs again
    Then "dana@example.com" has received 2 e-mails
    When the importer is pointed at another Salesforce organization
    And a scheduled import runs
    Then "dana@example.com" has received 3 e-mails
    And the last e-mail to "dana@example.com" has the subject "Salesforce import: failed"

  @N3
  Scenario: The same fault is told once, then once a day, then once when it is over
    Given notifications are quiet
    When a scheduled import runs
    And Autotask's secret becomes wrong
    And 3 scheduled imports run
    Then "dana@example.com" has received 2 e-mails
    And the last e-mail to "dana@example.com" has the subject "Salesforce import: failed, the sign-in was refused"
    When 1400 minutes pass
    And 2 scheduled imports run
    Then "dana@example.com" has received 3 e-mails
    And the last e-mail to "dana@example.com" says "as it was a day ago"
    When Autotask's secret becomes right
    And 3 scheduled imports run
    Then "dana@example.com" has received 4 e-mails
    And the last e-mail to "dana@example.com" says "what you were told of before is over"

  @N3
  Scenario: The same refusal is told once, then once a day, then once when it is over
    Given notifications are quiet
    And there is no default account manager
    When 3 scheduled imports run
    Then "dana@example.com" has received 1 e-mail
    And the last e-mail to "dana@example.com" has the subject "Salesforce import: 2 refused"
    When these Salesforce accounts
      | Name     |
      | West Oy  |
    And 2 scheduled imports run
    Then "dana@example.com" has received 2 e-mails
    And the last e-mail to "dana@example.com" has the subject "Salesforce import: 3 refused"
    When 1430 minutes pass
    And 2 scheduled imports run
    Then "dana@example.com" has received 3 e-mails
    When the default account manager is "Dana Default"
    And 3 scheduled imports run
    Then "dana@example.com" has received 4 e-mails
    And the last e-mail to "dana@example.com" has the subject "Salesforce import: 3 created"
    And the last e-mail to "dana@example.com" says "3 are not refused any more"

  @N4
  Scenario: A recipient made inactive in Autotask gets no e-mail, and the run says so
    Given these Autotask resources
      | firstName | lastName | email           | isActive |
      | Ada       | Berg     | ada@example.com | true     |
    And the notification recipients are "Dana Default, Ada Berg"
    When the importer runs
    And the Autotask resource "Ada Berg" changes
      | isActive | false |
    And the importer runs again
    Then "dana@example.com" has received 2 e-mails
    And "ada@example.com" has received 1 e-mail
    And the run warns "Ada Berg"
    And the run warns "is inactive in Autotask"
    And the run is "completed"

  @N4
  Scenario: A recipient who cannot be written to fails no run
    Given the notification recipients are "Nobody Known"
    When the importer runs
    Then the run is "completed"
    And the run warns "Nobody Known"
    And 0 e-mails wait to be sent

  @N5 @interruption
  Scenario: A mail server that is down delays the e-mail and loses nothing
    Given the mail server is down
    When the importer runs
    Then the run is "completed"
    And 1 e-mail waits to be sent
    When the importer delivers what waits
    Then 1 e-mail waits to be sent
    When the mail server is up again
    And the importer delivers what waits
    Then "dana@example.com" has received 0 e-mails
    When 2 minutes pass
    And the importer delivers what waits
    Then "dana@example.com" has received 1 e-mail
    And 0 e-mails wait to be sent
    When 60 minutes pass
    And the importer delivers what waits
    Then "dana@example.com" has received 1 e-mail

  @N5 @interruption
  Scenario: A mail whose acceptance was lost is sent again with the same Message-ID
    Given the mail server drops the connection after taking the next mail
    When the importer runs
    And 2 minutes pass
    And the importer delivers what waits
    Then "dana@example.com" has received 2 e-mails
    And the 2 e-mails to "dana@example.com" are one by their Message-ID
    And 0 e-mails wait to be sent

  @N5
  Scenario: A mail that is refused for now is sent again, one that is refused for good is reported
    Given these Autotask resources
      | firstName | lastName | email           | isActive |
      | Ada       | Berg     | ada@example.com | true     |
    And the notification recipients are "Dana Default, Ada Berg"
    And the mail server answers "550 5.1.1 no such user" to the recipient "ada@example.com"
    And the mail server answers "451 4.7.1 later" to the next DATA
    When the importer runs
    Then 2 e-mails wait to be sent
    When 2 minutes pass
    And the importer delivers what waits
    Then "dana@example.com" has received 1 e-mail
    And 0 e-mails wait to be sent
    When the importer runs again
    Then the run warns "ada@example.com: it was refused"
    And the run warns "no such user"

  @N5
  Scenario: One refused recipient of a shared e-mail keeps it from no other
    Given these Autotask resources
      | firstName | lastName | email           | isActive |
      | Ada       | Berg     | ada@example.com | true     |
    And the notification recipients are "Dana Default, Ada Berg"
    And all recipients get one e-mail together
    And the mail server answers "550 5.1.1 no such user" to the recipient "ada@example.com"
    When the importer runs
    Then "dana@example.com" has received 1 e-mail
    And 0 e-mails wait to be sent

  @N5 @interruption
  Scenario: A mail that waited for days is given up and reported
    Given the mail server is down
    When the importer runs
    And 7300 minutes pass
    And the mail server is up again
    And the importer runs again
    Then "dana@example.com" has received 1 e-mail
    And the run warns "it waited for too long"

  @N2 @R8
  Scenario: What is deleted in Salesforce and left alone is nothing new
    Given notifications are quiet
    When a scheduled import runs
    And the Salesforce account "Süd AG" is deleted
    And a scheduled import runs
    Then "dana@example.com" has received 1 e-mail

  @N2 @U1
  Scenario: That a pair was taken apart is told in silence
    Given notifications are quiet
    When the importer runs
    And the Autotask company "Süd AG" changes
      | Salesforce Company ID |  |
    And 1440 minutes pass
    And a scheduled import runs
    Then the account "Süd AG" is un-mapped by rule U1
    And "dana@example.com" has received 1 e-mail

  @N1 @R4 @interruption
  Scenario: A company whose answer was lost is told like the others
    Given the answer to the create of the company "Nord GmbH" is lost
    When the importer runs
    Then the last e-mail to "dana@example.com" has the subject "Salesforce import: 2 created"
    And the last e-mail to "dana@example.com" says "Nord GmbH"

  @N4
  Scenario: A recipient who is active again gets e-mails again
    Given these Autotask resources
      | firstName | lastName | email           | isActive |
      | Ada       | Berg     | ada@example.com | false    |
    And the notification recipients are "Dana Default, Ada Berg"
    When the importer runs
    Then "ada@example.com" has received 0 e-mails
    When the Autotask resource "Ada Berg" changes
      | isActive | true |
    And the importer runs again
    Then "ada@example.com" has received 1 e-mail
    And "dana@example.com" has received 2 e-mails

  @N4
  Scenario: A recipient without an e-mail address keeps nobody else's away
    Given these Autotask resources
      | firstName | lastName | isActive |
      | Ada       | Berg     | true     |
    And the notification recipients are "Ada Berg, Dana Default"
    When the importer runs
    Then the run is "completed"
    And the run warns "has no e-mail address in Autotask"
    And "dana@example.com" has received 1 e-mail
    And 0 e-mails wait to be sent
