"""Drafts of the public texts, to begin with: what the program does is in them, and what it cannot know is left open.

A draft is not published by itself: a manager reads it, fills in what stands in square brackets, and publishes it. Whoever changes
what the program keeps of people, or who receives it, changes the draft too (docs/record-of-processing.md).
"""

from schools.charity.models import PublicText

PRIVACY = """\
{charity} runs a programme in which volunteers go to primary schools and teach children how to recognise abuse and whom to tell. \
This page says what we keep about people, why, for how long, and what you can ask of us.

# Who is responsible

{charity}, {address}, is the controller. You reach us at {contact}.

About personal data ask {data_protection}.

# What we keep, and from where it is

## If you volunteer, or would like to

- your name, how to reach you, your postcode, whom to call in an emergency, and when you can come: from you
- where you went, for what you were trained and signed off, and schools that you must not go to, without the reason: from you \
and from our coordinators
- the decision whether you may work with children, its date and when it ends: from the check that you agreed to. We never keep \
what a certificate says

## If you work at a school

- your name, your role, your e-mail address and phone number at work, and what we agreed about visits: from you, from a \
colleague, or from a list of schools. If it is from a list, our first mail to you says so, and from which
- what you tell us on the pages for schools, such as numbers of pupils and what you thought of a visit: from you

## If you sign in

- which devices you signed in on, and when, so that you can end them; your password as a hash that nobody can read, \
and what your second step is checked with

## Children

We count children by class and never write down a child’s name. If a child tells one of us something, that is for the school and \
for those who protect children; we keep that somebody was told, when and in which role, never what was said.

# Why we may

- to run the programme, and to send to children nobody who may not go: our legitimate interests and those of children (article \
6 (1) (f) of the UK GDPR). Your interests weigh as much as ours, and you can object
- decisions about working with children: to keep children safe (Data Protection Act 2018, schedule 1, paragraph 18)
- text messages, and mails that ask whether a school would like another visit: your consent, which you can take back at any time
- to answer what you ask of us by right: a legal duty

# Who else gets it

- schools read the first names of who comes, and name, phone number and e-mail address of the coordinator; in a letter \
they read the full names of those who agreed to that, and that these were checked and are clear on that day
- volunteers read the first name of who goes with them, and a phone number where its owner shares it; name, phone number and \
e-mail address of the coordinator; name, role and phone number of whom to ask for at the school; and name and phone number of \
its safeguarding lead
- trustees who are asked to let somebody in again read who it is, and why
- who carries our mail and text messages gets what they carry
- [Say who runs the machines and the database for you, or that you do it yourselves.]
- [Say whether any of them works outside of the United Kingdom, and under which safeguard.]

We sell nothing, and nobody gets it for advertising. No machine decides about anybody.

# How long we keep it

- volunteers who have left: {months_volunteers} months, then we forget who they were. Who asked and went no further: \
{months_enquirers} months
- number and level of a certificate: {months_certificates} months after leaving
- people at schools of whom we hear nothing more: {months_contacts} months
- words of mails and text messages: {months_messages} months. Notes on visits: {months_notes} months. What was said with \
schools: {months_conversations} months
- that a child said something and somebody was told: {years_notices} years
- devices that you signed in on: {days_devices} days after we last saw them
- figures stay, and nobody is in them

# What you can ask for

You can see what we keep about you and have a copy, have it put right, have it erased, have us use less of it, and object to our \
using it. If you agreed to something, you can take that back. Volunteers find “Everything we hold on you” under “Me”; everybody \
else writes to us. We answer within a month, and it costs nothing.

If you are not content with our answer, you can complain to the Information Commissioner’s Office, \
https://ico.org.uk/make-a-complaint/ or 0303 123 1113.

# Cookies

Which cookies these pages set, and what they keep on your device: {cookies}
"""

ACCESSIBILITY = """\
We want everybody to be able to use these pages: with a keyboard alone, with a screen reader, with text at twice its size, on a \
narrow screen, on an old phone, and with scripts turned off. We aim for level AA of the Web Content Accessibility Guidelines 2.2.

# What we know does not work well

[Say what somebody told you or you found yourselves, or that you know of nothing.]

- The printed pages and files to download are made for sighted readers. Ask us for their content in another form.

# If something does not work for you

Write to {contact}, and say which page it was and what you use. We answer [say within how many days], and tell you by mail or on \
the phone what the page says.

If you are not content with our answer, the Equality Advisory and Support Service advises you: \
https://www.equalityadvisoryservice.com/

# How it is tested

Each change of the program is tested by machine: every page at several widths, with a keyboard, against the rules that a \
machine can check. [Say who tested it by hand, with what, and when, or that nobody has yet.]
"""

DRAFTS = {PublicText.Key.PRIVACY: PRIVACY, PublicText.Key.ACCESSIBILITY: ACCESSIBILITY}
"""By text; in the usual language."""
