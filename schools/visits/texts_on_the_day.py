"""The texts of the mails about what a school says on the day, to coordinators and to whoever is on the way."""

from django.utils.translation import gettext_noop as _

from schools.messages.texts import texts_of

ALARM, MORNING_ALARM = ("school-alarm",), ("morning-alarm",)

OF_ALARMS = (
    *texts_of(
        ALARM, "school-alarm.nobody", "On the day: nobody has come",
        subject=_("Nobody has come: %(where)s"),
        opening=_("The school says that nobody has come: %(where)s."),
        closing=_(
            "Phone whoever is on the way, then the school. Whoever is down for it is told by mail, as far as mail reaches them."
            " The visit’s page names whom no message has reached: phone them first."
        ),
    ),
    *texts_of(
        ALARM, "school-alarm.call-off", "On the day: the school calls off",
        subject=_("Called off by the school: %(where)s"),
        opening=_("The school says that it must call off: %(where)s."),
        closing=_(
            "Nothing is cancelled yet: that is for you to do. Whoever is down for it is told by mail, as far as mail reaches"
            " them. The visit’s page names whom no message has reached: phone them."
        ),
    ),
    *texts_of(
        ALARM, "school-alarm.here", "On the day: they are there after all",
        subject=_("They are there: %(where)s"),
        opening=_("The school says that it was a mistake, and that our people are there: %(where)s."),
        closing=_("There is nothing more that you need to do."),
    ),
    *texts_of(
        ALARM, "school-alarm.on-again", "On the day: it takes place after all",
        subject=_("Takes place after all: %(where)s"),
        opening=_("The school says that it can take place after all: %(where)s."),
        closing=_(
            "Whoever had heard that it was called off is told by mail, as far as mail reaches them."
            " Phone them, to be sure that they go."
        ),
    ),
    *texts_of(
        MORNING_ALARM, "morning-alarm.nobody", "On the day: nobody has come",
        subject=_("The school says that nobody has come: %(where)s"),
        opening=_("The school is waiting for you, and says that nobody has come:"),
        closing=_("If you are on your way, phone the school and say when you will be there. If you can’t come, phone us now."),
    ),
    *texts_of(
        MORNING_ALARM, "morning-alarm.call-off", "On the day: the school calls off",
        subject=_("Don’t set out: %(where)s"),
        opening=_("The school has just said that it must call this off:"),
        closing=_("Please don’t set out. Your coordinator knows too, and will tell you what comes next."),
    ),
    *texts_of(
        MORNING_ALARM, "morning-alarm.here", "On the day: they are there after all",
        subject=_("The school has seen you: %(where)s"),
        opening=_("The school says that it was a mistake, and that you are there:"),
        closing=_("There is nothing more that you need to do."),
    ),
    *texts_of(
        MORNING_ALARM, "morning-alarm.on-again", "On the day: it takes place after all",
        subject=_("Takes place after all: %(where)s"),
        opening=_("The school says that this can take place after all:"),
        closing=_("Please go, as was agreed. If you can’t make it any more, phone us now."),
    ),
)  # fmt: skip
