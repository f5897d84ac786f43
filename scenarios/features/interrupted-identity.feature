@interruption
Feature: Which record is which is known after an import that was cut off

  Background:
    Given these Salesforce accounts
      | Name      | BillingCity | Phone   |
      | Nord GmbH | Berlin      | 555-100 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId | Title |
      | Ada       | Berg     | Nord GmbH | CEO   |

  @C3 @R4
  Scenario: What a person said about a held account outlives an import that was killed over it
    Given these Autotask companies
      | known as | companyName | city   | phone   |
      | one      | Nord GmbH   | Berlin | 555-901 |
      | two      | Nord GmbH   | Berlin | 555-902 |
    When the importer runs
    And somebody links the account "Nord GmbH" to "two"
    And the importer is killed while it changes a company
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   | Salesforce Company ID   |
      | Nord GmbH   | 555-901 |                         |
      | Nord GmbH   | 555-100 | (the id of "Nord GmbH") |
    And Autotask has these contacts
      | lastName | Salesforce Contact ID  |
      | Berg     | (the id of "Ada Berg") |

  @C3 @R4
  Scenario: A second company of the key that appears while a create is open makes nobody guess
    When the importer is killed before Autotask makes the company "Nord GmbH"
    And these Autotask companies
      | known as | companyName | city   | phone   |
      | one      | Nord GmbH   | Berlin | 555-901 |
      | two      | Nord GmbH   | Berlin | 555-902 |
    And the importer runs again
    And 10 minutes pass
    And the importer runs again
    Then the account "Nord GmbH" is held by rule C3
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID |
      | Nord GmbH   | 555-901 |                       |
      | Nord GmbH   | 555-902 |                       |

  @C5 @R4
  Scenario: A company that an import made before it was killed is found although its id was shortened meanwhile
    Given these Salesforce accounts
      | known as | Id              | Name   | Phone   |
      | short    | 0015g0000000Xy1 | Süd AG | 555-200 |
    When the importer is killed once Autotask has made the company "Süd AG"
    And the Autotask company "Süd AG" changes
      | Salesforce Company ID | 0015g0000000Xy1 |
    And the importer runs again
    And 10 minutes pass
    And the importer runs again
    Then the account "short" is unchanged
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |
      | Süd AG      | 555-200 |

  @C5 @R4
  Scenario: A create that was never answered is not taken for one whose id differs in case
    Given these Salesforce accounts
      | known as | Id              | Name   | Phone   |
      | lower    | 0015g0000000xy1 | Süd AG | 555-200 |
      | upper    | 0015g0000000XY1 | Ost KG | 555-300 |
    When the importer is killed before Autotask makes the company "Süd AG"
    And the importer runs again
    Then the account "lower" is deferred by rule R4
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID   |
      | Nord GmbH   | 555-100 | (the id of "Nord GmbH") |
      | Ost KG      | 555-300 | (the id of "upper")     |
    When 10 minutes pass
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   | Salesforce Company ID   |
      | Nord GmbH   | 555-100 | (the id of "Nord GmbH") |
      | Süd AG      | 555-200 | (the id of "lower")     |
      | Ost KG      | 555-300 | (the id of "upper")     |

  @C6 @R4
  Scenario: A lost create whose id a second company carries by now is held, and neither is written to
    When the importer is killed once Autotask has made the company "Nord GmbH"
    And these Autotask companies
      | known as | companyName | phone   | Salesforce Company ID   |
      | copy     | Copy Ltd.   | 555-901 | (the id of "Nord GmbH") |
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And the importer runs again
    Then the account "Nord GmbH" is held by rule C6
    And the contact "Ada Berg" is deferred by rule K3
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |
      | Copy Ltd.   | 555-901 |
    When the Autotask company "copy" changes
      | Salesforce Company ID |  |
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   | Salesforce Company ID   |
      | Nord GmbH   | 555-200 | (the id of "Nord GmbH") |
      | Copy Ltd.   | 555-901 |                         |

  @K1 @R4
  Scenario: A namesake that somebody adds while a contact's create is open is linked and not doubled
    When the importer is killed before Autotask makes the contact "Ada Berg"
    And these Autotask contacts
      | companyID | firstName | lastName | title |
      | Nord GmbH | ada       | BERG     | CFO   |
    And the importer runs again
    And 10 minutes pass
    And the importer runs again
    Then Autotask has these contacts
      | lastName | title | Salesforce Contact ID  |
      | Berg     | CEO   | (the id of "Ada Berg") |

  @K4 @R4
  Scenario: A contact without first name is made once, although its import was killed
    Given these Salesforce contacts
      | LastName | AccountId |
      | Lund     | Nord GmbH |
    When the importer is killed once Autotask has made the contact "Lund"
    And 10 minutes pass
    And the importer runs again
    And the importer compares everything
    Then the contact "Lund" is unchanged
    And Autotask has these contacts
      | firstName | lastName | Salesforce Contact ID  |
      | Ada       | Berg     | (the id of "Ada Berg") |
      | -         | Lund     | (the id of "Lund")     |

  @K4 @K1 @R4
  Scenario: A contact without first name is who somebody entered as such while its create was open
    Given these Salesforce contacts
      | LastName | AccountId | Title |
      | Lund     | Nord GmbH | CTO   |
    When the importer is killed before Autotask makes the contact "Lund"
    And these Autotask contacts
      | companyID | firstName | lastName | title |
      | Nord GmbH | -         | Lund     | CFO   |
    And the importer runs again
    And 10 minutes pass
    And the importer runs again
    Then Autotask has these contacts
      | firstName | lastName | title |
      | Ada       | Berg     | CEO   |
      | -         | Lund     | CTO   |

  @U3 @U1 @R4
  Scenario: A pair that somebody takes apart by command while an import lies killed stays apart
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And the importer is killed while it changes a company
    And somebody un-maps the account "Nord GmbH"
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-300 |
    And the importer runs again
    Then the account "Nord GmbH" is un-mapped by rule U1
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID |
      | Nord GmbH   | 555-200 |                       |

  @U3 @R4
  Scenario: A pair that is put together again is linked once, although that import was killed
    When the importer runs
    And somebody un-maps the account "Nord GmbH"
    And the importer runs again
    And somebody re-maps the account "Nord GmbH"
    And the importer is killed while it changes a company
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   | Salesforce Company ID   |
      | Nord GmbH   | 555-100 | (the id of "Nord GmbH") |

  @U4 @R4
  Scenario: A company that somebody deletes while an update of it lies killed is not made again
    Given these Salesforce accounts
      | Name   | Phone   |
      | Süd AG | 555-300 |
    When the importer runs
    And the Salesforce account "Süd AG" changes
      | Phone | 555-301 |
    And the importer is killed while it changes a company
    And the Autotask company "Süd AG" is deleted
    And the importer runs again
    Then the account "Süd AG" is gone by rule U4
    When 10 minutes pass
    And the importer runs again
    Then Autotask has these companies
      | companyName |
      | Nord GmbH   |

  @U4 @R4
  Scenario: A company that somebody makes inactive while an update of it lies killed stays so and is kept current
    When the importer runs
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And the importer is killed while it changes a company
    And the Autotask company "Nord GmbH" changes
      | isActive | false |
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-300 |
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   | isActive |
      | Nord GmbH   | 555-300 | false    |

  @U1 @R4 @R3
  Scenario: A pair taken apart that an import noticed before it failed is noticed by the next tick
    When a scheduled import runs
    And the Autotask company "Nord GmbH" changes
      | Salesforce Company ID |  |
    And 1440 minutes pass
    Given Salesforce answers the next queryAll with the fault "MALFORMED_QUERY"
    When a scheduled import runs
    Then the run is "failed"
    When 20 minutes pass
    And a scheduled import runs
    Then the account "Nord GmbH" is un-mapped by rule U1
    When the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And a scheduled import runs
    Then Autotask has these companies
      | companyName | phone   | Salesforce Company ID |
      | Nord GmbH   | 555-100 |                       |
