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
