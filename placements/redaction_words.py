"""Words the disclosure check must know: names that are also everyday words, and words that are no names.

Lists only, without case and accents; what is done with them is `placements.redaction` and its patterns.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Small words inside names, never looked for by themselves.
NAME_PARTICLES = _words(
    """
    ab al ap ben bin bint da de del della den der di do dos du el ferch ibn la las le los mac mc o of st the
    van verch von y
    """
)

#: First and last names that are also everyday words: found only where they are written with a capital.
ORDINARY_WORDS = _words(
    """
    angel april art august autumn baker banks barber bell best bill bird bishop black bond brook brown bush
    butcher carpenter carter chance chase church clay cliff cook cooper crystal dale dawn day dean drew
    early faith field fisher ford forest fox frank free gale gardener gay gene glen good grace grant gray
    green guy hall happy hardy harmony harry haven hazel heath heather hill holly home hope hunt hunter iris
    ivy jack jade joy june justice king lake lamb lane law little long love major mark marsh mason may
    melody mercy miles mill miller mills moon moss noble north page parent park parker pat peace pearl penny
    pepper perry piper pope potter precious price prince ray read reed rich river rivers rob robin rock rose
    ruby rush sage sandy savage sharp short singer sky small smith snow spring star stone storm street
    strong summer sunny swift taylor trinity turner violet walker wall ward waters weaver webb week wells
    west white will willow winter wise wood woods worth wright young
    """
)

DAYS_AND_MONTHS = _words(
    """
    april august christmas december diwali easter eid february friday january july june march may monday
    november october ramadan saturday september sunday thursday tuesday wednesday
    """
)

#: Words with a capital that introduce or follow, but name nobody.
NOT_A_NAME = DAYS_AND_MONTHS | _words(
    """
    a also an and are as at because but by camhs cce cin council currently did does ehcp for from had has he
    her hers his however i if in iro is it lac law local mental nhs no not of ofsted on or police sen she
    should social that the their they this to uk was we when where which who will with would youth
    """
)

#: Words with a capital before a school that are not part of its name.
BEFORE_A_SCHOOL = NOT_A_NAME | _words(
    """
    after attend attended attending attends before child's children's current each every goes mainstream
    moved my new old our previous secondary special specialist started starts there until went year your
    """
)

#: Words that show that a number and "road" are a distance, not an address.
NOT_A_STREET = _words(
    """
    across along and away busy cross different down from hour hours into main metres mile miles mins minute
    minutes off on other per the yards
    """
)
