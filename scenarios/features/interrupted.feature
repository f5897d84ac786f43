Feature: An import that is cut off is finished by the next, with nothing lost and nothing twice

  Background:
    Given these Salesforce accounts
      | Name      | BillingCity | Phone   |
      | Nord GmbH | Berlin      | 555-100 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId | Title |
      | Ada       | Berg     | Nord GmbH | CEO   |

  @R4 @C1 @R1 @interruption
  Scenario: A company that was made by an import that was killed is found and not made again
    When the importer is killed once Autotask has made the company "Nord GmbH"
    And the importer runs again
    Then the run is "completed"
    And Autotask has these companies
      | companyName | Salesforce Company ID   |
      | Nord GmbH   | (the id of "Nord GmbH") |
    And Autotask has these contacts
      | firstName | lastName | companyID |
      | Ada       | Berg     | Nord GmbH |

  @R4 @K1 @interruption
  Scenario: A contact that was made by an import that was killed is found and not made again
    When the importer is killed once Autotask has made the contact "Ada Berg"
    And the importer runs again
    Then Autotask has these contacts
      | firstName | lastName | Salesforce Contact ID  |
      | Ada       | Berg     | (the id of "Ada Berg") |

  @R4 @interruption
  Scenario: A create that was never answered is not sent again while Autotask may still be working on it
    When the importer is killed before Autotask makes the company "Nord GmbH"
    And the importer runs again
    Then the account "Nord GmbH" is deferred by rule R4
    And the contact "Ada Berg" is deferred by rule K3
    And Autotask has no companies
    When 6 minutes pass
    And the importer runs again
    Then the account "Nord GmbH" is created by rule C1
    And the contact "Ada Berg" is created by rule K1

  @R4 @R3 @interruption
  Scenario: The schedule takes up what an answer was lost for, although nothing changed
    Given the create of the company "Nord GmbH" never reaches Autotask
    When the importer runs
    Then the account "Nord GmbH" is deferred by rule R4
    When a scheduled import runs
    Then the account "Nord GmbH" is deferred by rule R4
    When 10 minutes pass
    And a scheduled import runs
    Then the account "Nord GmbH" is created by rule C1
    And the contact "Ada Berg" is created by rule K1

  @R4 @K3 @interruption
  Scenario: A contact whose create never arrived waits its time and is made once
    Given the create of the contact "Ada Berg" never reaches Autotask
    When the importer runs
    Then the contact "Ada Berg" is deferred by rule R4
    When the importer runs again
    Then the contact "Ada Berg" is deferred by rule R4
    And Autotask has no contacts
    When 10 minutes pass
    And a scheduled import runs
    Then Autotask has these contacts
      | firstName | lastName |
      | Ada       | Berg     |

  @R4 @C4 @interruption
  Scenario: A duplicate does not take the place of an account whose create is under way
    Given these Salesforce accounts
      | known as | Name      | BillingCity | Phone   |
      | copy     | NORD GMBH | BERLIN      | 555-900 |
    When the importer is killed before Autotask makes the company "Nord GmbH"
    And the importer runs again
    Then the account "Nord GmbH" is deferred by rule R4
    And the account "copy" is duplicate by rule C4
    When 10 minutes pass
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |

  @R4 @C1 @interruption
  Scenario: A company that somebody makes by hand while a create is under way is linked
    When the importer is killed before Autotask makes the company "Nord GmbH"
    And these Autotask companies
      | known as | companyName | city   | phone   |
      | by hand  | Nord GmbH   | Berlin | 555-900 |
    And the importer runs again
    Then the account "Nord GmbH" is linked by rule C1
    When 10 minutes pass
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   | Salesforce Company ID   |
      | Nord GmbH   | 555-100 | (the id of "Nord GmbH") |

  @R4 @C7 @interruption
  Scenario: A child whose parent's answer was lost gets its parent all the same
    Given these Salesforce accounts
      | Name    | ParentId  |
      | Tochter | Nord GmbH |
    And the answer to the create of the company "Nord GmbH" is lost
    When the importer runs
    And the importer runs again
    Then Autotask has these companies
      | companyName | parentCompanyID |
      | Nord GmbH   |                 |
      | Tochter     | Nord GmbH       |

  @R4 @C7 @interruption
  Scenario: A child whose parent never arrived gets its parent later
    Given these Salesforce accounts
      | Name    | ParentId  |
      | Tochter | Nord GmbH |
    When the importer is killed before Autotask makes the company "Nord GmbH"
    And the importer runs again
    And 10 minutes pass
    And a scheduled import runs
    Then Autotask has these companies
      | companyName | parentCompanyID |
      | Nord GmbH   |                 |
      | Tochter     | Nord GmbH       |

  @R4 @V3 @interruption
  Scenario: An update that was killed is not taken for somebody's edit
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-101 |
    And the importer is killed while it changes a company
    And the Salesforce account "Nord GmbH" changes
      | Phone |  |
    And the importer runs again
    Then the run is "completed"
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-101 |

  @R4 @V3 @R5 @interruption
  Scenario: A change whose answer is lost is made again and harms nothing
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-101 |
    And the answer to the next change of a company is lost
    And the importer runs again
    Then the run is "completed"
    And the account "Nord GmbH" is updated by rule V3
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-101 |

  @R4 @V4 @C1 @interruption
  Scenario: A link that was killed while it was made is finished
    Given these Autotask companies
      | known as | companyName | city   | phone   |
      | nord     | Nord GmbH   | Berlin | 555-900 |
    When the importer is killed while it changes a company
    And the importer runs again
    Then the run is "completed"
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID   |
      | Nord GmbH   | 555-100 | (the id of "Nord GmbH") |

  @R4 @U1 @interruption
  Scenario: A pair taken apart while an import lay killed stays apart
    Given these Salesforce accounts
      | Name   | BillingCity | Phone   |
      | Süd AG | München     | 555-200 |
    When the importer runs
    And the Salesforce account "Süd AG" changes
      | Phone | 555-201 |
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-101 |
    And the importer is killed while it changes a company
    And the Autotask company "Süd AG" changes
      | Salesforce Company ID |  |
    And the importer runs again
    Then the account "Süd AG" is un-mapped by rule U1

  @R4 @U1 @interruption
  Scenario: A company whose id somebody clears before its create was ever answered is not made again
    When the importer is killed once Autotask has made the company "Nord GmbH"
    And the importer runs again
    And the Autotask company "Nord GmbH" changes
      | Salesforce Company ID |  |
    And the importer runs again
    Then the account "Nord GmbH" is un-mapped by rule U1
    And Autotask has these companies
      | companyName | Salesforce Company ID |
      | Nord GmbH   |                       |

  @R4 @K5 @interruption
  Scenario: A contact that is made anew elsewhere is so once, although its import was killed
    Given these Salesforce accounts
      | Name   | BillingCity | Phone   |
      | Süd AG | München     | 555-200 |
    And the setting "moved_contacts" is "recreate"
    When the importer runs
    And the Salesforce contact "Ada Berg" changes
      | AccountId | Süd AG |
    And the importer is killed once Autotask has made the contact "Ada Berg"
    And the importer runs again
    Then Autotask has these contacts
      | firstName | lastName | companyID | isActive | Salesforce Contact ID  |
      | Ada       | Berg     | Nord GmbH | false    |                        |
      | Ada       | Berg     | Süd AG    | true     | (the id of "Ada Berg") |

  @R4 @R8 @interruption
  Scenario: An account that is deleted before its lost create was looked up leaves its company alone
    When the importer is killed once Autotask has made the company "Nord GmbH"
    And the Salesforce account "Nord GmbH" is deleted
    And the importer runs again
    Then the run is "completed"
    And Autotask has these companies
      | companyName |
      | Nord GmbH   |

  @R4 @C2 @interruption
  Scenario: A lost create is found although the account was renamed meanwhile
    When the importer is killed once Autotask has made the company "Nord GmbH"
    And the Salesforce account "Nord GmbH" changes
      | Name | Nord AG |
    And the importer runs again
    Then Autotask has these companies
      | companyName | Salesforce Company ID   |
      | Nord AG     | (the id of "Nord GmbH") |

  @R3 @R4 @interruption
  Scenario: What changed while Autotask was down is read once it is up
    When 60 minutes pass
    And the importer runs
    And 60 minutes pass
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-101 |
    And Autotask is down
    And a scheduled import runs
    Then the run is "failed"
    When 60 minutes pass
    And Autotask is up again
    And a scheduled import runs
    Then the account "Nord GmbH" is updated by rule V3

  @R3 @R4 @interruption
  Scenario: What changed while Salesforce was down is read once it is up
    When 60 minutes pass
    And the importer runs
    And 60 minutes pass
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-101 |
    And Salesforce is down
    And a scheduled import runs
    Then the run is "failed"
    When 60 minutes pass
    And Salesforce is up again
    And a scheduled import runs
    Then the account "Nord GmbH" is updated by rule V3

  @R3 @R4 @R2 @interruption
  Scenario: What was read before an import was killed is read again
    When 60 minutes pass
    And the importer runs
    And 60 minutes pass
    And these Salesforce accounts
      | Name    |
      | West Oy |
      | Ost KG  |
    And 30 minutes pass
    And the importer is killed before Autotask makes the company "West Oy"
    And 5 minutes pass
    And a scheduled import runs
    Then the account "West Oy" is deferred by rule R4
    When 10 minutes pass
    And a scheduled import runs
    Then Autotask has these companies
      | companyName |
      | Nord GmbH   |
      | West Oy     |
      | Ost KG      |

  @R3
  Scenario: A change that is committed late is not missed
    When 60 minutes pass
    And the importer runs
    And a change of the Salesforce account "Nord GmbH" of 5 minutes ago is committed
      | Phone | 555-101 |
    And a scheduled import runs
    Then the account "Nord GmbH" is updated by rule V3

  @R3
  Scenario: What is committed later than the overlap is found by a comparison
    Given the setting "overlap_minutes" is "2"
    When 60 minutes pass
    And the importer runs
    And a change of the Salesforce account "Nord GmbH" of 30 minutes ago is committed
      | Phone | 555-101 |
    And a scheduled import runs
    Then the run reads 0 accounts and 0 contacts
    When the importer compares everything
    Then the account "Nord GmbH" is updated by rule V3

  @R3
  Scenario Outline: Clocks that differ lose nothing: <whose> is ahead
    Given <whose>'s clock is 45 minutes ahead
    When 60 minutes pass
    And the importer runs
    Then the run counts 1 account as created
    When 20 minutes pass
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-101 |
    And a scheduled import runs
    Then the account "Nord GmbH" is updated by rule V3

    Examples:
      | whose      |
      | Salesforce |
      | Autotask   |

  @R4 @U2 @interruption
  Scenario: An account that is free again is made once, although the answer is lost
    When the importer runs
    And the Autotask company "Nord GmbH" changes
      | Salesforce Company ID |  |
    And the importer runs again
    And the Salesforce account "Nord GmbH" changes
      | BillingCity | Hamburg |
    And the answer to the create of the company "Nord GmbH" is lost
    And the importer runs again
    And the importer runs again
    Then Autotask has these companies
      | companyName | city    | Salesforce Company ID   |
      | Nord GmbH   | Berlin  |                         |
      | Nord GmbH   | Hamburg | (the id of "Nord GmbH") |

  @R4 @K2 @interruption
  Scenario: An orphan that gains an account while an import lies killed is imported by the next
    Given these Salesforce contacts
      | FirstName | LastName |
      | Jo        | Lund     |
    When the importer is killed once Autotask has made the contact "Ada Berg"
    And the Salesforce contact "Jo Lund" changes
      | AccountId | Nord GmbH |
    And the importer runs again
    Then Autotask has these contacts
      | firstName | lastName | companyID |
      | Ada       | Berg     | Nord GmbH |
      | Jo        | Lund     | Nord GmbH |

  @R4 @S2 @interruption
  Scenario: User-defined fields that an import made before it was killed are not made again
    When the importer is killed before Autotask makes the company "Nord GmbH"
    And the importer runs again
    Then Autotask has these user-defined fields
      | name                  | udfType |
      | Salesforce Company ID | Company |
      | Salesforce Contact ID | Contact |

  @R4 @R10 @interruption
  Scenario: An approval outlives an import that was killed
    When the importer runs
    And 101 more Salesforce accounts
    And the importer runs again
    And somebody approves that run
    And the importer is killed once Autotask has made the company "Account 050"
    And 10 minutes pass
    And the importer runs again
    And 10 minutes pass
    And the importer runs again
    Then the run is "completed"
    When somebody compares both systems
    Then the answer says ": 0 differences"

  @R5 @R1 @interruption
  Scenario Outline: A <what> that is lost between two pages is resumed after the last record taken
    Given 2001 more Salesforce accounts
    And Salesforce answers the next queryMore with the fault "<fault>"
    When somebody plans an import
    Then the run reads 2002 accounts and 1 contact
    And the run counts 2002 accounts as created

    Examples:
      | what    | fault                 |
      | cursor  | INVALID_QUERY_LOCATOR |
      | session | INVALID_SESSION_ID    |
