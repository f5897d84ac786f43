"""A client generated from the vendor's WSDL, against a running mock-salesforce.

usage: client.py WSDL URL

zeep checks every answer against the types of the WSDL, so an element that is missing, misplaced or of the wrong type
fails here even where a lenient client would not notice. Run it in a virtual environment with requirements.txt, against
a mock that has just been started with --accounts 2500 (or with none: it then makes its own).
"""

import sys
from datetime import timedelta

import zeep
from zeep.exceptions import Fault

USER = "integration@example.com"
PASSWORD = "mock-password"
TOKEN = "MockSecurityToken"
SOBJECTS = "urn:sobject.partner.soap.sforce.com"
FAULTS = "urn:fault.partner.soap.sforce.com"
BINDING = "{urn:partner.soap.sforce.com}SoapBinding"


def check(what, condition, seen=""):
    if not condition:
        sys.exit(f"FAILED: {what} {seen}")
    print(f"ok: {what}")


def fault_of(call, *arguments, **named):
    """The typed detail of the fault a call ends in: the name of its element, and its fields."""
    try:
        call(*arguments, **named)
    except Fault as fault:
        detail = fault.detail[0]
        name = detail.tag.removeprefix(f"{{{FAULTS}}}")
        typed = client.get_element(detail.tag).parse(detail, client.wsdl.types)
        return name, typed
    sys.exit(f"FAILED: no fault from {call}")


def texts(record, name):
    return [element.text for element in record._value_1 if element.tag == f"{{{SOBJECTS}}}{name}"]


def sobject(kind, record_id=None, **fields):
    from lxml import etree

    elements = []
    for name, value in fields.items():
        element = etree.Element(f"{{{SOBJECTS}}}{name}")
        element.text = value
        elements.append(element)
    record = client.get_type(f"{{{SOBJECTS}}}sObject")(type=kind, Id=record_id)
    record._value_1 = elements
    return record


wsdl, url = sys.argv[1:]
client = zeep.Client(wsdl)
login_service = client.create_service(BINDING, f"{url}/services/Soap/u/58.0")

name, detail = fault_of(login_service.login, username=USER, password="wrong")
check("a wrong password is a LoginFault", (name, detail.exceptionCode) == ("LoginFault", "INVALID_LOGIN"), detail)
name, detail = fault_of(login_service.login, username=USER, password=PASSWORD)
check("a missing token is named", detail.exceptionCode == "LOGIN_MUST_USE_SECURITY_TOKEN", detail)

login = login_service.login(username=USER, password=PASSWORD + TOKEN)
login = getattr(login, "body", login)
login = getattr(login, "result", login)
check("login gives a session", login.sessionId.startswith(login.userInfo.organizationId[:15] + "!"))
check("userInfo is typed", login.userInfo.sessionSecondsValid == 7200 and login.passwordExpired is False)
service = client.create_service(BINDING, login.serverUrl)
session = {"SessionHeader": {"sessionId": login.sessionId}}


def call(operation, headers=None, **arguments):
    answer = getattr(service, operation)(_soapheaders={**session, **(headers or {})}, **arguments)
    limits = answer.header.LimitInfoHeader.limitInfo[0]
    check(f"{operation} tells the limits", limits.type == "API REQUESTS" and limits.current > 0)
    return answer.body.result if hasattr(answer.body, "result") else answer.body


if call("query", queryString="SELECT COUNT() FROM Account").size == 0:
    for start in range(0, 2500, 200):
        batch = [sobject("Account", Name=f"Account {n:05}") for n in range(start, min(start + 200, 2500))]
        check("200 accounts are created", all(result.success for result in call("create", sObjects=batch)))

count = call("query", queryString="SELECT COUNT() FROM Account")
check("COUNT() has a size and no records", count.size >= 2500 and not count.records, count)

page = call("query", queryString="SELECT Id, Name, Owner.Name FROM Account ORDER BY Id")
ids = [record.Id for record in page.records]
while not page.done:
    page = call("queryMore", queryLocator=page.queryLocator)
    ids += [record.Id for record in page.records]
check("paging ends with every account once", len(ids) == len(set(ids)) == count.size, len(ids))

page = call("query", {"QueryOptions": {"batchSize": 200}}, queryString="SELECT Id FROM Account")
check("the batch size is kept", len(page.records) == 200 and not page.done)

name, detail = fault_of(service.query, _soapheaders=session, queryString="SELECT Nope FROM Account")
check("an unknown field is an InvalidFieldFault", name == "InvalidFieldFault" and (detail.row, detail.column) == (1, 8), detail)
name, detail = fault_of(service.query, _soapheaders=session, queryString="SELECT Id FROM Nope")
check("an unknown object is an InvalidSObjectFault", name == "InvalidSObjectFault", detail)
name, detail = fault_of(service.query, _soapheaders=session, queryString="SELECT Id FRM Account")
check("nonsense is a MalformedQueryFault", name == "MalformedQueryFault", detail)
name, detail = fault_of(service.queryMore, _soapheaders=session, queryLocator="01g000000000001AAA-200")
check("a wrong locator is an InvalidQueryLocatorFault", name == "InvalidQueryLocatorFault", detail)
stranger = {"SessionHeader": {"sessionId": "nobody"}}
name, detail = fault_of(service.query, _soapheaders=stranger, queryString="SELECT Id FROM Account")
check("a wrong session is an UnexpectedErrorFault", (name, detail.exceptionCode) == ("UnexpectedErrorFault", "INVALID_SESSION_ID"), detail)

saved = call("create", sObjects=[sobject("Account", Name="Tom & Söhne", AnnualRevenue="9.9213206E7"), sobject("Account")])
check("one is saved, one refused", (saved[0].success, saved[1].success) == (True, False), saved)
check("a refusal is typed", saved[1].errors[0].statusCode == "REQUIRED_FIELD_MISSING", saved[1])
account = saved[0].id
saved = call("update", sObjects=[sobject("Account", account, Phone="+49 1")])
check("update", saved[0].success, saved)
record = call("retrieve", fieldList="Name,AnnualRevenue,Phone", sObjectType="Account", ids=[account])[0]
seen = [texts(record, field) for field in ("Name", "AnnualRevenue", "Phone")]
check("retrieve gives what was written", seen == [["Tom & Söhne"], ["9.9213206E7"], ["+49 1"]], seen)
contact = call("create", sObjects=[sobject("Contact", LastName="Berg", AccountId=account)])[0].id
page = call("query", queryString=f"SELECT Name, (SELECT Id FROM Contacts) FROM Account WHERE Id = '{account}'")
check("a sub-query is answered", page.size == 1)
page = call("query", queryString="SELECT BillingAddress FROM Account LIMIT 1")
check("a compound address is typed", page.size == 1)

described = call("describeSObject", sObjectType="Account")
revenue = next(field for field in described.fields if field.name == "AnnualRevenue")
check("describeSObject is typed", (revenue.type, revenue.soapType, revenue.precision) == ("currency", "xsd:double", 18), revenue)
check("describeSObjects", [each.name for each in call("describeSObjects", sObjectType=["Contact", "User"])] == ["Contact", "User"])
check("describeGlobal", {each.name for each in call("describeGlobal").sobjects} == {"Account", "Contact", "User"})

now = call("getServerTimestamp").timestamp
updated = call("getUpdated", sObjectType="Contact", startDate=now - timedelta(hours=1), endDate=now + timedelta(minutes=2))
check("getUpdated names the new contact", contact in updated.ids, updated)
check("delete", call("delete", ids=[contact])[0].success)
deleted = call("getDeleted", sObjectType="Contact", startDate=now - timedelta(hours=1), endDate=now + timedelta(minutes=2))
check("getDeleted names it too", [each.id for each in deleted.deletedRecords] == [contact], deleted)
check("undelete", call("undelete", ids=[contact])[0].success)
loser = call("create", sObjects=[sobject("Account", Name="Loser")])[0].id
merged = call("merge", request=[{"masterRecord": sobject("Account", account), "recordToMergeIds": [loser]}])[0]
check("merge", merged.success and merged.mergedRecordIds == [loser], merged)
page = call("queryAll", queryString=f"SELECT MasterRecordId FROM Account WHERE Id = '{loser}'")
check("queryAll sees the loser", texts(page.records[0], "MasterRecordId") == [account])

check("getUserInfo", call("getUserInfo").userName == USER)
service.logout(_soapheaders=session)
name, detail = fault_of(service.getUserInfo, _soapheaders=session)
check("logout ends the session", detail.exceptionCode == "INVALID_SESSION_ID", detail)
print("all is well")
