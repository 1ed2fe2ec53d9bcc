"""The names people give to the columns of a list, and the field that is meant by each."""

from __future__ import annotations

import re
import unicodedata

FIELDS = (
    *("phone_number", "first_name", "last_name", "email", "company", "address", "city", "state"),
    *("postal_code", "country", "timezone", "priority", "external_id"),
)
"""The fields dialerd knows; every other column is a custom field of its own name."""

# English, German, French and Spanish, without accents, blanks and signs.
_MEANS = {
    "first_name": "firstname givenname forename fname contactfirstname vorname prenom nombre nombres primernombre",
    "last_name": "lastname surname familyname lname contactlastname nachname familienname nom nomdefamille apellido "
    "apellidos",
    "email": "email emailaddress mail mailaddress emailid email1 primaryemail contactemail correo correoelectronico "
    "courriel adresseemail",
    "company": "company companyname organisation organization organisationname organizationname org business "
    "businessname employer account accountname firma unternehmen societe entreprise empresa compania",
    "address": "address address1 addressline1 addressline streetaddress street street1 mailingaddress homeaddress "
    "strasse anschrift adresse rue direccion calle domicilio",
    "city": "city town cityname locality municipality suburb ort stadt wohnort ville ciudad localidad",
    "state": "state province stateprovince provincestate statecode stateorprovince st bundesland departement provincia "
    "estado",
    "postal_code": "postalcode postcode zip zipcode zippostalcode zippostal postalzip zip5 plz postleitzahl codepostal "
    "codigopostal cp",
    "country": "country countryname countryregion nation land pays pais",
    "timezone": "timezone tz timezoneid timezonename ianatimezone zeitzone fuseauhoraire zonahoraria",
    "priority": "priority prio prioritaet prioritat priorite prioridad",
    "external_id": "externalid extid externalref externalreference sourceid crmid customerid customernumber customerno "
    "clientid contactid leadid recordid vendorleadcode kundennummer numeroclient idcliente",
}
_PHONE = (
    "phonenumber phone phoneno phonenum phonenumbers telephone telephonenumber telephoneno tel telno telnumber mobile "
    "mobilenumber mobileno mobilephone mobilephonenumber cell cellnumber cellphone cellphonenumber cellular msisdn "
    "phone1 number1 tel1 dialnumber numbertodial e164 phonee164 contactnumber contactno contactphone primaryphone "
    "primarynumber mainphone telefon telefonnummer telefonnr rufnummer handy handynummer mobil mobiltelefon mobilnummer "
    "numerodetelephone portable telefono numerodetelefono movil celular telefonomovil"
)
_PHONE_BESIDES = (
    "homephone homenumber hometelephone workphone worknumber worktelephone businessphone officephone dayphone "
    "daytimephone eveningphone landline fixedline phone2 phone3 altphone alternatephone secondaryphone otherphone tel2 "
    "mobile2 cell2 festnetz fixe fijo"
)

_FIELD_OF = {name: field for field, names in _MEANS.items() for name in names.split()}
PHONE, PHONE_BESIDES = frozenset(_PHONE.split()), frozenset(_PHONE_BESIDES.split())
"""Titles of the number itself, and of second numbers, which are taken for it only when there is no other."""


def field_name(title: str, place: int) -> str:
    """A column title as a field name: lower case, words joined by `_`, a known field under its own name."""
    # Several columns of numbers are normal; only one becomes the number, and the others keep their own names.
    return known_field(title) or plain_name(title, place)


def plain_name(title: str, place: int) -> str:
    """The title itself in lower case, words joined by `_`; `column_3` for a third column without one."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    # CamelCase is left alone: "iPhone" is one word, and the known names are found without looking at words.
    return re.sub(r"\W+", "_", folded).strip("_") or f"column_{place + 1}"


def known_field(title: str) -> str | None:
    """The field of dialerd that a title means, or None; never the phone number, which is chosen among all columns."""
    return _FIELD_OF.get(key(title))


def key(title: str) -> str:
    """A title without case, accents, blanks and signs: by it the spellings of one name are the same."""
    bare = unicodedata.normalize("NFKD", title.casefold())
    return re.sub(r"[\W_]+", "", "".join(char for char in bare if not unicodedata.combining(char)))
