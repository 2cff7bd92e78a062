"""The words of the mails about somebody who is locked out. No manager edits them: they may be about what a manager does."""

from django.utils.translation import gettext_noop as _

from schools.recovery.models import Lost, StepHow, StepKind

SUBJECT = _("Your way into %(charity)s")
HELLO = _("Hello %(name)s,")
HELLO_UNKNOWN = _("Hello,")

WHAT = {
    Lost.SECOND_FACTOR: _("your second factor and your recovery codes are taken away, so that you set up new ones"),
    Lost.ADDRESS: _("you sign in with another e-mail address from then on"),
    Lost.BOTH: _(
        "your second factor and your recovery codes are taken away, and you sign in with another e-mail address from then on"
    ),
}

STEPS = {
    StepKind.ASKED: _("%(by)s says that you are locked out of %(charity)s, and asked that %(what)s."),
    StepKind.AGREED: _("%(by)s has agreed that %(what)s."),
    StepKind.NEW_ADDRESS: _("The new address has said that it is yours. What was asked is that %(what)s."),
    StepKind.STOPPED: _("It was stopped by %(by)s. Nothing was changed. What had been asked is that %(what)s."),
    StepKind.LAPSED: _(
        "Not everybody who was needed said yes in time, so nothing was changed. What had been asked is that %(what)s."
    ),
    StepKind.OVER: _("It has ended by itself, %(how)s. Nothing was changed. What had been asked is that %(what)s."),
    StepKind.DONE: _(
        "It took effect: %(what)s. All devices were signed out. Your password works no more, nor do the addresses of your"
        " calendars."
    ),
    StepKind.CAME_IN: _("Somebody has just come in to %(charity)s as you, by the link that we sent after it took effect."),
}
"""What the person reads after each step."""

NO_PASSKEY = _("No passkey from before counts any more: add yours anew under “Me”.")
NO_FACTOR = _("No passkey, authenticator app or recovery code from before counts any more: set up new ones under “Me”.")
"""What a volunteer reads besides who lost the address alone, since whoever read its mail could have added one."""

HOW = {
    StepHow.SWITCHED_OFF: _("because you may not sign in any more"),
    StepHow.ADDRESS_CHANGED: _("because you had changed your address yourself"),
    StepHow.ADDRESS_IN_USE: _("because somebody else signs in with the new address by now"),
    StepHow.CAME_BACK: _("because mail to your address comes back, so you could not have stopped it"),
    StepHow.NOT_TWO: _("because somebody who asked or agreed may do so no longer"),
}

NEEDS_MORE = _("Nothing changes yet: others have to say yes first, and after that some time passes in which you can stop it.")
TAKES_EFFECT = _("It takes effect on %(day)s at %(time)s, not sooner. Until then you can stop it.")
STOP = _("If you did not ask for this, open this page and stop it. One press is enough, and you need not sign in.")
STOP_BUTTON = _("See what was asked, and stop it")
STOP_ELSE = _("While you are signed in, you can stop it under “Me” as well. If it is right, do nothing.")
NOT_YOU = _("If that was not you, phone a manager at once: they can end every sign-in of yours.")
YOURSELF = _("yourself")
OPERATOR = _("Whoever runs the installation")

NEW_ADDRESS = _(
    "Somebody wants to sign in to %(charity)s with this e-mail address, because they cannot reach their old one any more. If "
    "that is you, open this page and say so. It holds until %(day)s."
)
NEW_ADDRESS_BUTTON = _("Say that this address is yours")
NEW_ADDRESS_ELSE = _("If that is not you, do nothing: without your yes nothing changes.")

COME_IN = _(
    "The wait is over. Open this page and press “Come in”. It works once, until %(day)s, and lets you set up how you sign in "
    "from now on."
)
COME_IN_BUTTON = _("Set up how you sign in")
COME_IN_LATER = _(
    "After that you sign in at %(site)s with this e-mail address: we send you a code each time, or you choose a password."
)

ASK_MANAGER = _(
    "Somebody who signs in to %(charity)s is locked out, and needs the yes of a second person. Look who it is, how they were "
    "known and by whom, and agree only if you know it to be right; or stop it."
)
ASK_TRUSTEE = _(
    "Somebody who signs in to %(charity)s is locked out, and needs the yes of a second person. You are one of those who may say "
    "it. Ask the person, or somebody who knows them, by phone first. Then open this page, which says who it is. It holds until "
    "%(day)s."
)
ASK_BUTTON = _("See who it is")
SUBJECT_ASK = _("Somebody is locked out and needs your yes")

TRUSTEE = _(
    "%(by)s has named you as somebody who may agree when people of %(charity)s are locked out and have to be let in again. "
    "That happens seldom; you need no sign-in, and read nothing of the charity’s work. If you say yes, you count from two weeks "
    "later on."
)
TRUSTEE_BUTTON = _("See what is asked of you")
TRUSTEE_ELSE = _("If you do not want that, do nothing.")
SUBJECT_TRUSTEE = _("Will you help to let people in again?")
NEW_TRUSTEE = _(
    "%(by)s has named %(name)s as a trustee, who may agree when somebody is locked out. If that is not right, end it under "
    "“Trustees” in the office; from two weeks after their yes they count."
)
NEW_TRUSTEE_BUTTON = _("Open the trustees")
SUBJECT_NEW_TRUSTEE = _("A trustee was named")
