Feature: Somebody takes a pair apart by clearing the Salesforce id in Autotask

  Background:
    Given these Salesforce accounts
      | Name      | BillingCity | Phone   |
      | Nord GmbH | Berlin      | 555-100 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId | Title |
      | Ada       | Berg     | Nord GmbH | CEO   |

  @U1
  Scenario: A company that was taken apart from its account is neither updated nor made again
    When the importer runs
    And the Autotask company "Nord GmbH" changes
      | Salesforce Company ID |  |
    And the Salesforce account "Nord GmbH" changes
      | Phone | 555-200 |
    And the importer runs again
    Then the account "Nord GmbH" is un-mapped by rule U1
    And Autotask has these companies
      | companyName | phone   | Salesforce Company ID |
      | Nord GmbH   | 555-100 |                       |

  @U1
  Scenario: A contact that was taken apart is neither updated nor made again
    When the importer runs
    And the Autotask contact "Ada Berg" changes
      | Salesforce Contact ID |  |
    And the Salesforce contact "Ada Berg" changes
      | Title | CFO |
    And the importer runs again
    Then the contact "Ada Berg" is un-mapped by rule U1
    And Autotask has these contacts
      | firstName | lastName | title | Salesforce Contact ID |
      | Ada       | Berg     | CEO   |                       |

  @U2
  Scenario: An un-mapped account whose key changes is free for another company
    Given these Autotask companies
      | known as  | companyName | city    | phone   |
      | in Berlin | Nord GmbH   | Berlin  | 555-100 |
      | other     | Nord GmbH   | Hamburg | 555-900 |
    When the importer runs
    And the Autotask company "in Berlin" changes
      | Salesforce Company ID |  |
    And the importer runs again
    And the Salesforce account "Nord GmbH" changes
      | BillingCity | Hamburg |
    And the importer runs again
    Then the account "Nord GmbH" is linked by rule C1
    And Autotask has these companies
      | companyName | city    | Salesforce Company ID   |
      | Nord GmbH   | Berlin  |                         |
      | Nord GmbH   | Hamburg | (the id of "Nord GmbH") |

  @U2
  Scenario: An un-mapped account whose key changes to one that nobody has is created
    When the importer runs
    And the Autotask company "Nord GmbH" changes
      | Salesforce Company ID |  |
    And the importer runs again
    And the Salesforce account "Nord GmbH" changes
      | BillingCity | Hamburg |
    And the importer runs again
    Then the account "Nord GmbH" is created by rule C1
    And Autotask has these companies
      | companyName | city    | Salesforce Company ID   |
      | Nord GmbH   | Berlin  |                         |
      | Nord GmbH   | Hamburg | (the id of "Nord GmbH") |
