Feature: What every importer does, seen from outside

  Background:
    Given these Autotask companies
      | known as | companyName | address1      | city   | phone   |
      | nord     | Nord GmbH   | Hafenstraße 1 | Berlin | 555-100 |

  @C1
  Scenario: An account becomes the company of its name and address
    Given these Salesforce accounts
      | Name      | BillingStreet | BillingCity | Phone   |
      | Nord GmbH | Hafenstraße 1 | Berlin      | 555-100 |
    When the importer runs
    Then the run is "completed"
    And Autotask has these companies
      | companyName | Salesforce Company ID   |
      | Nord GmbH   | (the id of "Nord GmbH") |

  @C2
  Scenario: Capitals make no other company
    Given these Salesforce accounts
      | Name      | BillingStreet | BillingCity | Phone   |
      | NORD GMBH | hafenstraße 1 | BERLIN      | 555-100 |
    When the importer runs
    Then Autotask has these companies
      | companyName | Salesforce Company ID   |
      | NORD GMBH   | (the id of "NORD GMBH") |

  @C3
  Scenario: Of two companies with one key none is taken
    Given these Autotask companies
      | known as | companyName | address1      | city   | phone   |
      | again    | Nord GmbH   | Hafenstraße 1 | Berlin | 555-200 |
    And these Salesforce accounts
      | Name      | BillingStreet | BillingCity | Phone   |
      | Nord GmbH | Hafenstraße 1 | Berlin      | 555-300 |
    When the importer runs
    Then Autotask has these companies
      | companyName | phone   | Salesforce Company ID |
      | Nord GmbH   | 555-100 |                       |
      | Nord GmbH   | 555-200 |                       |

  @C4
  Scenario: Two accounts with one key make one company
    Given these Salesforce accounts
      | known as | Name     | BillingCity |
      | first    | Ost GmbH | Dresden     |
      | second   | Ost GmbH | Dresden     |
    When the importer runs
    Then Autotask has these companies
      | companyName | Salesforce Company ID |
      | Nord GmbH   |                       |
      | Ost GmbH    | (the id of "first")   |

  @K1 @K2
  Scenario: A contact comes into its account's company, an orphan nowhere
    Given these Salesforce accounts
      | Name      | BillingStreet | BillingCity | Phone   |
      | Nord GmbH | Hafenstraße 1 | Berlin      | 555-100 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Ada       | Berg     | Nord GmbH |
      | Jo        | Lund     |           |
    When the importer runs
    Then the run is "completed"
    And Autotask has these contacts
      | firstName | lastName | companyID | Salesforce Contact ID  |
      | Ada       | Berg     | Nord GmbH | (the id of "Ada Berg") |

  @K3
  Scenario: A contact waits while its account could be two companies
    Given these Autotask companies
      | known as | companyName | address1      | city   | phone   |
      | again    | Nord GmbH   | Hafenstraße 1 | Berlin | 555-200 |
    And these Salesforce accounts
      | Name      | BillingStreet | BillingCity |
      | Nord GmbH | Hafenstraße 1 | Berlin      |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Ada       | Berg     | Nord GmbH |
    When the importer runs
    Then Autotask has no contacts
    When the Autotask company "again" changes
      | city | Potsdam |
    And the importer runs again
    Then Autotask has these contacts
      | firstName | lastName | companyID |
      | Ada       | Berg     | Nord GmbH |

  @V5
  Scenario: Where nothing changed, nothing is written
    Given these Salesforce accounts
      | Name     | BillingCity | Phone   |
      | Ost GmbH | Dresden     | 555-300 |
    And these Salesforce contacts
      | FirstName | LastName | AccountId |
      | Ada       | Berg     | Ost GmbH  |
    When the importer runs
    And the importer runs again
    Then Autotask receives no write

  @S3
  Scenario: An active importer imports by itself when it is due
    Given the importer is active
    And these Salesforce accounts
      | Name     | BillingCity | Phone   |
      | Ost GmbH | Dresden     | 555-300 |
    When 20 minutes pass
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |
      | Ost GmbH    | 555-300 |
    When the Salesforce account "Ost GmbH" changes
      | Phone | 555-301 |
    And 20 minutes pass
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |
      | Ost GmbH    | 555-301 |

  @U1
  Scenario: A pair that somebody took apart stays apart
    Given these Salesforce accounts
      | Name     | BillingCity | Phone   |
      | Ost GmbH | Dresden     | 555-300 |
    When the importer runs
    And the Autotask company "Ost GmbH" changes
      | Salesforce Company ID | |
    And the Salesforce account "Ost GmbH" changes
      | Phone | 555-301 |
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   | Salesforce Company ID |
      | Nord GmbH   | 555-100 |                       |
      | Ost GmbH    | 555-300 |                       |

  @R4 @interruption
  Scenario: A company whose answer was lost is made once
    Given these Salesforce accounts
      | Name     | BillingCity | Phone   |
      | Ost GmbH | Dresden     | 555-300 |
    And the answer to the create of the company "Ost GmbH" is lost
    When the importer runs
    And the importer runs again
    Then Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |
      | Ost GmbH    | 555-300 |

  @R1 @R2
  Scenario: One refused record makes the run one with errors, and stops no other
    Given these Salesforce accounts
      | Name     | BillingCity | Phone   |
      | Ost GmbH | Dresden     | 555-300 |
      | West AG  | Aachen      | 555-400 |
    And Autotask refuses to create the company "Ost GmbH" with "Data violation: not today."
    When the importer runs
    Then the run is "completed with errors"
    And Autotask has these companies
      | companyName |
      | Nord GmbH   |
      | West AG     |

  @R1 @R5
  Scenario Outline: Without sign-in the run fails and writes nothing
    Given these Salesforce accounts
      | Name     |
      | Ost GmbH |
    And the importer is told the <what> "wrong"
    When the importer runs
    Then the run is "failed"
    And Autotask has these companies
      | companyName |
      | Nord GmbH   |

    Examples:
      | what                |
      | Salesforce password |
      | Autotask secret     |

  @R5 @S1
  Scenario: An importer that is told to signs in as an app
    Given the importer signs in by "client-credentials"
    And these Salesforce accounts
      | Name     | Phone   |
      | Ost GmbH | 555-300 |
    When the importer runs
    Then the run is "completed"
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |
      | Ost GmbH    | 555-300 |

  @R5
  Scenario: With a wrong client secret the run fails and writes nothing
    Given the importer signs in by "client-credentials"
    And the importer is told the Salesforce client secret "wrong"
    And these Salesforce accounts
      | Name     |
      | Ost GmbH |
    When the importer runs
    Then the run is "failed"
    And Autotask has these companies
      | companyName |
      | Nord GmbH   |

  @V2 @S1
  Scenario: A setting that an importer is told is one it goes by
    Given the setting "company_phone_placeholder" is "to be asked for"
    And these Salesforce accounts
      | Name     |
      | Ost GmbH |
    When the importer runs
    Then Autotask has these companies
      | companyName | phone           |
      | Nord GmbH   | 555-100         |
      | Ost GmbH    | to be asked for |

  @N1 @N4
  Scenario: Each recipient hears of an import, and none who is inactive
    Given these Autotask resources
      | firstName | lastName | email           | isActive |
      | Ada       | Berg     | ada@example.com | true     |
      | Old       | Hand     | old@example.com | false    |
    And the notification recipients are "Dana Default, Ada Berg, Old Hand"
    And these Salesforce accounts
      | Name     |
      | Ost GmbH |
    When the importer runs
    Then the run is "completed"
    And "dana@example.com" has received 1 e-mail
    And "ada@example.com" has received 1 e-mail
    And "old@example.com" has received 0 e-mails

  @N5 @interruption
  Scenario: A mail server that is down fails no import
    Given the notification recipients are "Dana Default"
    And the mail server is down
    And these Salesforce accounts
      | Name     |
      | Ost GmbH |
    When the importer runs
    Then the run is "completed"
    And "dana@example.com" has received 0 e-mails

  @R4 @R5 @interruption
  Scenario: What could not be imported while Autotask was down is imported by a later run
    Given these Salesforce accounts
      | Name     | Phone   |
      | Ost GmbH | 555-300 |
    When Autotask is down
    And the importer runs
    Then the run is "failed"
    When Autotask is up again
    And the importer runs again
    Then the run is "completed"
    And Autotask has these companies
      | companyName | phone   |
      | Nord GmbH   | 555-100 |
      | Ost GmbH    | 555-300 |
