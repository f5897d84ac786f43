Feature: What people ask and decide at the command line

  Background:
    Given these Salesforce accounts
      | Name      | BillingCity | Phone   |
      | Nord GmbH | Berlin      | 555-100 |
      | Süd AG    | München     | 555-200 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId | Title |
      | Ada       | Berg     | Nord GmbH | CEO   |

  @R7
  Scenario: A plan of the first import writes nothing and tells what it would do
    When somebody plans an import
    Then the run is "planned"
    And the run counts 2 accounts as created
    And the run counts 1 contact as created
    And Autotask receives no write
    And Autotask has no companies
    When the importer runs
    Then the run counts 2 accounts as created
    And the run counts 1 contact as created

  @R7 @V3
  Scenario: A plan of a change leaves it to the import
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-101 |
    And somebody plans an import
    Then the account "Nord GmbH" is updated by rule V3
    And Autotask receives no write
    When the importer runs again
    Then the account "Nord GmbH" is updated by rule V3
    And Autotask receives 1 write

  @R7 @R3
  Scenario: A plan moves no watermark
    When 60 minutes pass
    And the importer runs
    And 60 minutes pass
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-101 |
    And 60 minutes pass
    And somebody plans an import
    And 60 minutes pass
    And a scheduled import runs
    Then the run reads 1 account and 0 contacts
    And the account "Nord GmbH" is updated by rule V3

  @R7 @U1
  Scenario: A plan sees a pair that was taken apart and forgets it when it is put together again
    When the importer runs
    And the Autotask company "Nord GmbH" changes
      | Salesforce Company ID |  |
    And somebody plans an import
    Then the account "Nord GmbH" is un-mapped by rule U1
    When the Autotask company "Nord GmbH" changes
      | Salesforce Company ID | (the id of "Nord GmbH") |
    And the importer runs again
    Then the account "Nord GmbH" is unchanged

  @U3 @U1
  Scenario: A pair taken apart by command is as one taken apart in Autotask
    When the importer runs
    And somebody un-maps the account "Nord GmbH"
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-101 |
    And the importer runs again
    Then the account "Nord GmbH" is un-mapped by rule U1
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID |
      | Nord GmbH   | 555-100 |                       |
      | Süd AG      | 555-200 | (the id of "Süd AG")  |

  @U3 @C1
  Scenario: A pair put together again is linked by its key
    When the importer runs
    And somebody un-maps the account "Nord GmbH"
    And the importer runs again
    And somebody re-maps the account "Nord GmbH"
    And the importer runs again
    Then the account "Nord GmbH" is linked by rule C1
    And Autotask has these companies
      | companyName | Salesforce Company ID   |
      | Nord GmbH   | (the id of "Nord GmbH") |
      | Süd AG      | (the id of "Süd AG")    |

  @U3 @K1
  Scenario: A contact is taken apart and put together again
    When the importer runs
    And somebody un-maps the contact "Ada Berg"
    And a scheduled import runs
    Then the contact "Ada Berg" is un-mapped by rule U1
    When somebody re-maps the contact "Ada Berg"
    And a scheduled import runs
    Then the contact "Ada Berg" is linked by rule K1

  @U3 @U4
  Scenario: What is gone may be made again once somebody says so
    When the importer runs
    And the Autotask contact "Ada Berg" is deleted
    And the importer runs again
    Then the contact "Ada Berg" is gone by rule U4
    When somebody re-maps the contact "Ada Berg"
    And the importer runs again
    Then the contact "Ada Berg" is created by rule K1
    And Autotask has these contacts
      | firstName | lastName | Salesforce Contact ID  |
      | Ada       | Berg     | (the id of "Ada Berg") |

  @C3 @K3
  Scenario: A held account is what somebody says it is, and its contacts follow
    Given these Autotask companies
      | known as | companyName | city   | phone   |
      | one      | Nord GmbH   | Berlin | 555-901 |
      | two      | Nord GmbH   | Berlin | 555-902 |
    When the importer runs
    Then the account "Nord GmbH" is held by rule C3
    When somebody links the account "Nord GmbH" to "two"
    And a scheduled import runs
    Then the account "Nord GmbH" is linked by rule C3
    And the contact "Ada Berg" is created by rule K1
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID   |
      | Nord GmbH   | 555-901 |                         |
      | Nord GmbH   | 555-100 | (the id of "Nord GmbH") |
      | Süd AG      | 555-200 | (the id of "Süd AG")    |

  @C3
  Scenario: A held account that somebody calls a new one is created
    Given these Autotask companies
      | known as | companyName | city   | phone   |
      | one      | Nord GmbH   | Berlin | 555-901 |
      | two      | Nord GmbH   | Berlin | 555-902 |
    When the importer runs
    And somebody says that the account "Nord GmbH" is a new one
    And a scheduled import runs
    Then the account "Nord GmbH" is created by rule C3
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID   |
      | Nord GmbH   | 555-901 |                         |
      | Nord GmbH   | 555-902 |                         |
      | Nord GmbH   | 555-100 | (the id of "Nord GmbH") |
      | Süd AG      | 555-200 | (the id of "Süd AG")    |

  @C3 @K1
  Scenario: A held contact is who somebody says it is
    Given these Autotask companies
      | known as | companyName | city   | phone   |
      | nord     | Nord GmbH   | Berlin | 555-100 |
    And these Autotask contacts
      | known as | companyID | firstName | lastName | title |
      | one      | nord      | Ada       | Berg     | one   |
      | two      | nord      | ADA       | BERG     | two   |
    When the importer runs
    Then the contact "Ada Berg" is held by rule C3
    When somebody links the contact "Ada Berg" to "one"
    And a scheduled import runs
    Then the contact "Ada Berg" is linked by rule C3
    And Autotask has these contacts
      | firstName | lastName | title | Salesforce Contact ID  |
      | Ada       | Berg     | CEO   | (the id of "Ada Berg") |
      | ADA       | BERG     | two   |                        |

  @C3 @C1
  Scenario Outline: Nobody can link an account to a company that is <what>
    Given these Autotask companies
      | known as | companyName | city   | phone   | isActive | Salesforce Company ID |
      | one      | Nord GmbH   | Berlin | 555-901 | <active> | <holds>               |
      | two      | Nord GmbH   | Berlin | 555-902 | true     |                       |
    When the importer runs
    And somebody tries to link the account "Nord GmbH" to "one"
    Then that is refused, because "<words>"

    Examples:
      | what                        | active | holds                | words                      |
      | inactive                    | false  |                      | is inactive                |
      | another's by its own field  | true   | (the id of "Süd AG") | is linked to               |
      | marked with something else  | true   | see file 12          | which is no account id     |

  @C3
  Scenario: Nobody can link an account that is linked already
    Given these Autotask companies
      | known as | companyName | city | phone   |
      | other    | Other Ltd   | Bonn | 555-901 |
    When the importer runs
    And somebody tries to link the account "Nord GmbH" to "other"
    Then that is refused, because "is linked to Autotask company"

  @R9
  Scenario: Why an account is in Autotask is answered with its rule and the values compared
    Given these Autotask companies
      | known as | companyName | city   | phone   |
      | nord     | NORD GMBH   | BERLIN | 555-901 |
    When the importer runs
    And somebody asks about the account "Nord GmbH"
    Then the answer says "C1"
    And the answer says "has the same key"
    And the answer says "555-901"

  @R9 @K2
  Scenario: Why a contact is not in Autotask is answered
    Given these Salesforce contacts
      | FirstName | LastName |
      | Jo        | Lund     |
    When the importer runs
    And somebody asks about the contact "Jo Lund"
    Then the answer says "orphan"
    And the answer says "K2"

  @R9 @U1
  Scenario: A cleared field is told before any import has noticed it
    When the importer runs
    And the Autotask company "Nord GmbH" changes
      | Salesforce Company ID |  |
    And somebody asks about the account "Nord GmbH"
    Then the answer says "somebody took the pair apart"

  @R9
  Scenario: What is kept of a person's values can be erased, and the link stays
    When the importer runs
    And the Salesforce contact "Ada Berg" changes
      | Title | Chief of Everything |
    And the importer runs again
    And somebody asks about the contact "Ada Berg"
    Then the answer says "Chief of Everything"
    When somebody has the contact "Ada Berg" forgotten
    And somebody asks about the contact "Ada Berg"
    Then the answer lacks "Chief of Everything"
    When the importer runs again
    Then the contact "Ada Berg" is unchanged
    And Autotask receives no write

  @R11
  Scenario: After a completed import the comparison finds nothing
    When the importer runs
    And somebody compares both systems
    Then the answer says ": 0 differences"

  @R11
  Scenario: The comparison finds what is missing and what is stale, and writes nothing
    When the importer runs
    And these Salesforce accounts
      | Name     |
      | West Oy  |
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-101 |
    And somebody compares both systems
    Then the answer says ": 2 differences"
    And the answer says "missing"
    And the answer says "stale"
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |
      | Süd AG      | 555-200 |
    When the importer runs again
    And somebody compares both systems
    Then the answer says ": 0 differences"

  @R11 @C6
  Scenario: The comparison finds an id that a second company carries
    When the importer runs
    And these Autotask companies
      | companyName | phone   | Salesforce Company ID   |
      | Copy Ltd    | 555-901 | (the id of "Nord GmbH") |
    And somebody compares both systems
    Then the answer lacks ": 0 differences"

  @R11 @C3
  Scenario: What imports have reported is no difference
    Given these Autotask companies
      | known as | companyName | city   | phone   |
      | one      | Nord GmbH   | Berlin | 555-901 |
      | two      | Nord GmbH   | Berlin | 555-902 |
    When the importer runs
    And somebody compares both systems
    Then the answer says ": 0 differences"
    And the answer says "2 more records wait"

  @S5
  Scenario: The status says N/A before there was an import, and then when it was
    When somebody asks for the status
    Then the answer says "N/A"
    And the answer says "09:20"
    When the importer runs
    And somebody asks for the status
    Then the answer says "2026-01-05 09:01"
    And the answer says "09:20"

  @S6
  Scenario: A check of connections that work writes nothing
    When somebody checks the connections
    Then the answer says "Salesforce"
    And the answer says "Autotask"
    And Autotask has no companies

  @S6
  Scenario Outline: A check says what to do about a wrong <what>
    Given the importer is told the <what> "wrong"
    When somebody checks the connections
    Then the answer says "<words>"

    Examples:
      | what                | words          |
      | Salesforce password | security token |
      | Salesforce token    | security token |
      | Autotask secret     | secret         |

  @S6 @C8
  Scenario: A check knows that nobody of the default account manager's name is active
    Given the default account manager is "No Body"
    When somebody checks the connections
    Then the answer says "No Body"

  @S6 @V7
  Scenario: A check names the fields that the Salesforce user does not see
    Given the Salesforce user does not see the field "Fax" of accounts
    When somebody checks the connections
    Then the answer says "Fax"

  @R7 @C8 @K3
  Scenario: A plan tells what would be refused, and what would wait for that
    Given there is no default account manager
    When somebody plans an import
    Then the run is "planned"
    And the account "Nord GmbH" is refused by rule C8
    And the contact "Ada Berg" is deferred by rule K3
    And Autotask receives no write

  @R7 @R10
  Scenario: A plan of more than anybody has approved is made, and approves nothing
    When the importer runs
    And 101 more Salesforce accounts
    And somebody plans an import
    Then the run is "planned"
    And the run counts 101 accounts as created
    When the importer runs again
    Then the run is "awaiting approval"

  @R9
  Scenario: What no import has looked at is said to be so
    When somebody asks about the account "Nord GmbH"
    Then the answer says "is linked to no Autotask company"
    And the answer says "no run that is remembered found anything to do"

  @R9
  Scenario: Decisions are answered for 90 days, and the link for good
    When the importer runs
    And the Salesforce contact "Ada Berg" changes
      | Title | Chief of Everything |
    And the importer runs again
    And 129000 minutes pass
    And the importer runs again
    And somebody asks about the contact "Ada Berg"
    Then the answer says "Chief of Everything"
    When 1440 minutes pass
    And the importer runs again
    And somebody asks about the contact "Ada Berg"
    Then the answer lacks "Chief of Everything"
    And the answer says "is linked to Autotask contact"

  @R9 @R8
  Scenario: Which company an account was is answered after it was deleted
    When the importer runs
    And the Salesforce account "Süd AG" is deleted
    And a scheduled import runs
    And somebody asks about the account "Süd AG"
    Then the answer says "before it was deleted or merged in Salesforce (R8)"

  @R11 @U4
  Scenario: The comparison finds a company that is gone, until an import has said so
    When the importer runs
    And the Autotask company "Süd AG" is deleted
    And somebody compares both systems
    Then the answer says "is not there any more"
    And the answer says ": 1 differences"
    When the importer runs again
    And somebody compares both systems
    Then the answer says ": 0 differences"

  @R11 @U1
  Scenario: The comparison finds a pair that was taken apart, and the contacts that wait for it
    When the importer runs
    And the Autotask company "Nord GmbH" changes
      | Salesforce Company ID |  |
    And somebody compares both systems
    Then the answer says "un-mapped from Autotask company"
    And the answer says ": 2 differences"
    When the importer runs again
    And somebody compares both systems
    Then the answer says ": 0 differences"

  @R11 @V3
  Scenario: What somebody edited in Autotask is no difference
    When the importer runs
    And the Autotask contact "Ada Berg" changes
      | title | CFO |
    And somebody compares both systems
    Then the answer says ": 0 differences"

  @S5 @R7
  Scenario: A plan is no import
    When somebody plans an import
    And somebody asks for the status
    Then the answer says "Last import:           N/A"

  @S5 @R10
  Scenario: The status tells that an import awaits approval
    When the importer runs
    And 101 more Salesforce accounts
    And the importer runs again
    And somebody asks for the status
    Then the answer says "run 2, awaiting approval"

  @S5 @S3
  Scenario: The next import is the one after this moment, to the minute
    When it is 09:19
    And somebody asks for the status
    Then the answer says "2026-01-05 09:20:00 UTC"
    When it is 09:20
    And somebody asks for the status
    Then the answer says "2026-01-05 09:40:00 UTC"
    When it is 23:50
    And somebody asks for the status
    Then the answer says "2026-01-06 00:00:00 UTC"
