"""How languages write dates: the names, orders and ordinals that moment.js, which Airtable uses, gives them.

A language that is not here is written in English.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

Ordinal: TypeAlias = Callable[[int, str], str]
"""Returns a number as an ordinal; the second argument is the token it stands for, such as `D` or `w`."""


@dataclass(frozen=True, slots=True)
class Locale:
    """One language: names from January and from Sunday, the long formats, and how its weeks are counted.

    `first_day` is 0 for Sunday; the week that holds January `anchor` is the first of its year.
    """

    months: Sequence[str]
    short_months: Sequence[str]
    days: Sequence[str]
    short_days: Sequence[str]
    min_days: Sequence[str]
    formats: Mapping[str, str]
    ordinal: Ordinal
    halves: tuple[str, str] = ("AM", "PM")
    first_day: int = 1
    anchor: int = 4


def _english(number: int, _: str) -> str:
    suffix = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _french(number: int, token: str) -> str:
    if token == "D":
        return f"{number}er" if number == 1 else str(number)
    if token in ("w", "W"):
        return f"{number}re" if number == 1 else f"{number}e"
    return f"{number}er" if number == 1 else f"{number}e"


def _suffixed(suffix: str) -> Ordinal:
    return lambda number, _: f"{number}{suffix}"


def _dutch(number: int, _: str) -> str:
    low = number in (1, 8) or number >= 20
    return f"{number}{'ste' if low else 'de'}"


def _swedish(number: int, _: str) -> str:
    ends, tens = number % 10, number % 100 // 10
    return f"{number}{':a' if ends in (1, 2) and tens != 1 else ':e'}"


def _chinese(number: int, token: str) -> str:
    return f"{number}{'日' if token == 'D' else '月' if token == 'M' else '周'}"


def _japanese(number: int, token: str) -> str:
    return f"{number}日" if token == "D" else str(number)


def _korean(number: int, token: str) -> str:
    return f"{number}{'일' if token == 'D' else '월' if token == 'M' else '주'}"


def _formats(time: str, day: str, long: str, stamp: str, full: str, seconds: str = "") -> Mapping[str, str]:
    return {
        "LT": time,
        "LTS": seconds or time.replace("mm", "mm:ss"),
        "L": day,
        "LL": long,
        "LLL": stamp.replace("{day}", long).replace("{time}", time),
        "LLLL": full.replace("{day}", long).replace("{time}", time),
    }


def _plain(time: str, day: str, long: str, glue: str = " ", week: str = "dddd ") -> Mapping[str, str]:
    """Return formats where the time follows the day after `glue` and the weekday leads."""
    return _formats(time, day, long, f"{{day}}{glue}{{time}}", f"{week}{{day}}{glue}{{time}}")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_EN: Final = Locale(
    _words("January February March April May June July August September October November December"),
    _words("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
    _words("Sunday Monday Tuesday Wednesday Thursday Friday Saturday"),
    _words("Sun Mon Tue Wed Thu Fri Sat"),
    _words("Su Mo Tu We Th Fr Sa"),
    _plain("h:mm A", "MM/DD/YYYY", "MMMM D, YYYY", week="dddd, "),
    _english,
    first_day=0,
    anchor=1,
)


def _english_of(formats: Mapping[str, str], first_day: int, anchor: int) -> Locale:
    names = (_EN.months, _EN.short_months, _EN.days, _EN.short_days, _EN.min_days)
    return Locale(*names, formats, _english, first_day=first_day, anchor=anchor)


_DE_NAMES: Final = (
    _words("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
    _words("Jan. Feb. März Apr. Mai Juni Juli Aug. Sep. Okt. Nov. Dez."),
    _words("Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag"),
    _words("So. Mo. Di. Mi. Do. Fr. Sa."),
    _words("So Mo Di Mi Do Fr Sa"),
)
_DE: Final = Locale(*_DE_NAMES, _plain("HH:mm", "DD.MM.YYYY", "D. MMMM YYYY", week="dddd, "), _suffixed("."))
_FR_NAMES: Final = (
    _words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    _words("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."),
    _words("dimanche lundi mardi mercredi jeudi vendredi samedi"),
    _words("dim. lun. mar. mer. jeu. ven. sam."),
    _words("di lu ma me je ve sa"),
)
_ES: Final = Locale(
    _words("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
    _words("ene. feb. mar. abr. may. jun. jul. ago. sep. oct. nov. dic."),
    _words("domingo lunes martes miércoles jueves viernes sábado"),
    _words("dom. lun. mar. mié. jue. vie. sáb."),
    _words("do lu ma mi ju vi sá"),
    _plain("H:mm", "DD/MM/YYYY", "D [de] MMMM [de] YYYY", week="dddd, "),
    _suffixed("º"),
)
_IT: Final = Locale(
    _words("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"),
    _words("gen feb mar apr mag giu lug ago set ott nov dic"),
    _words("domenica lunedì martedì mercoledì giovedì venerdì sabato"),
    _words("dom lun mar mer gio ven sab"),
    _words("do lu ma me gi ve sa"),
    _plain("HH:mm", "DD/MM/YYYY", "D MMMM YYYY"),
    _suffixed("º"),
)
_PT_NAMES: Final = (
    _words("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"),
    _words("jan fev mar abr mai jun jul ago set out nov dez"),
    _words("domingo segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado"),
    _words("dom seg ter qua qui sex sáb"),
    _words("do 2ª 3ª 4ª 5ª 6ª sá"),
)
_NL: Final = Locale(
    _words("januari februari maart april mei juni juli augustus september oktober november december"),
    _words("jan. feb. mrt. apr. mei jun. jul. aug. sep. okt. nov. dec."),
    _words("zondag maandag dinsdag woensdag donderdag vrijdag zaterdag"),
    _words("zo. ma. di. wo. do. vr. za."),
    _words("zo ma di wo do vr za"),
    _plain("HH:mm", "DD-MM-YYYY", "D MMMM YYYY"),
    _dutch,
)
_SV: Final = Locale(
    _words("januari februari mars april maj juni juli augusti september oktober november december"),
    _words("jan feb mar apr maj jun jul aug sep okt nov dec"),
    _words("söndag måndag tisdag onsdag torsdag fredag lördag"),
    _words("sön mån tis ons tor fre lör"),
    _words("sö må ti on to fr lö"),
    _formats("HH:mm", "YYYY-MM-DD", "D MMMM YYYY", "{day} [kl.] {time}", "dddd {day} [kl.] {time}"),
    _swedish,
)
_DA: Final = Locale(
    _words("januar februar marts april maj juni juli august september oktober november december"),
    _words("jan. feb. mar. apr. maj jun. jul. aug. sep. okt. nov. dec."),
    _words("søndag mandag tirsdag onsdag torsdag fredag lørdag"),
    _words("søn man tir ons tor fre lør"),
    _words("sø ma ti on to fr lø"),
    _formats("HH:mm", "DD.MM.YYYY", "D. MMMM YYYY", "{day} {time}", "dddd [d.] {day} [kl.] {time}"),
    _suffixed("."),
)
_NB: Final = Locale(
    _words("januar februar mars april mai juni juli august september oktober november desember"),
    _words("jan. feb. mars apr. mai juni juli aug. sep. okt. nov. des."),
    _words("søndag mandag tirsdag onsdag torsdag fredag lørdag"),
    _words("sø. ma. ti. on. to. fr. lø."),
    _words("sø ma ti on to fr lø"),
    _formats("HH:mm", "DD.MM.YYYY", "D. MMMM YYYY", "{day} [kl.] {time}", "dddd {day} [kl.] {time}"),
    _suffixed("."),
)
_FI: Final = Locale(
    tuple(
        f"{name}kuu"
        for name in _words("tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu")
    ),
    _words("tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu"),
    _words("sunnuntai maanantai tiistai keskiviikko torstai perjantai lauantai"),
    _words("su ma ti ke to pe la"),
    _words("su ma ti ke to pe la"),
    _formats(
        "HH.mm",
        "DD.MM.YYYY",
        "Do MMMM[ta] YYYY",
        "{day}, [klo] {time}",
        "dddd, {day}, [klo] {time}",
        "HH.mm.ss",
    ),
    _suffixed("."),
)
_PL: Final = Locale(
    _words(
        "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień"
    ),
    _words("sty lut mar kwi maj cze lip sie wrz paź lis gru"),
    _words("niedziela poniedziałek wtorek środa czwartek piątek sobota"),
    _words("ndz pon wt śr czw pt sob"),
    _words("Nd Pn Wt Śr Cz Pt So"),
    _plain("HH:mm", "DD.MM.YYYY", "D MMMM YYYY", week="dddd, "),
    _suffixed("."),
)
_CS: Final = Locale(
    _words("leden únor březen duben květen červen červenec srpen září říjen listopad prosinec"),
    _words("led úno bře dub kvě čvn čvc srp zář říj lis pro"),
    _words("neděle pondělí úterý středa čtvrtek pátek sobota"),
    _words("ne po út st čt pá so"),
    _words("ne po út st čt pá so"),
    _plain("H:mm", "DD.MM.YYYY", "D. MMMM YYYY"),
    _suffixed("."),
)
_TR: Final = Locale(
    _words("Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık"),
    _words("Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara"),
    _words("Pazar Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi"),
    _words("Paz Pzt Sal Çar Per Cum Cmt"),
    _words("Pz Pt Sa Ça Pe Cu Ct"),
    _plain("HH:mm", "DD.MM.YYYY", "D MMMM YYYY", week="dddd, "),
    _suffixed("."),
    anchor=1,
)
_RU: Final = Locale(
    _words("январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь"),
    _words("янв. февр. март апр. май июнь июль авг. сент. окт. нояб. дек."),
    _words("воскресенье понедельник вторник среда четверг пятница суббота"),
    _words("вс пн вт ср чт пт сб"),
    _words("вс пн вт ср чт пт сб"),
    _plain("H:mm", "DD.MM.YYYY", "D MMMM YYYY [г.]", glue=", ", week="dddd, "),
    _suffixed("-й"),
)
_JA: Final = Locale(
    tuple(f"{n}月" for n in range(1, 13)),
    tuple(f"{n}月" for n in range(1, 13)),
    _words("日曜日 月曜日 火曜日 水曜日 木曜日 金曜日 土曜日"),
    _words("日 月 火 水 木 金 土"),
    _words("日 月 火 水 木 金 土"),
    _formats("HH:mm", "YYYY/MM/DD", "YYYY年M月D日", "{day} {time}", "{day} dddd {time}"),
    _japanese,
    halves=("午前", "午後"),
    first_day=0,
    anchor=1,
)
_KO: Final = Locale(
    tuple(f"{n}월" for n in range(1, 13)),
    tuple(f"{n}월" for n in range(1, 13)),
    _words("일요일 월요일 화요일 수요일 목요일 금요일 토요일"),
    _words("일 월 화 수 목 금 토"),
    _words("일 월 화 수 목 금 토"),
    _formats("A h:mm", "YYYY.MM.DD.", "YYYY년 MMMM D일", "{day} {time}", "{day} dddd {time}"),
    _korean,
    halves=("오전", "오후"),
    first_day=0,
    anchor=1,
)
_ZH_MONTHS: Final = _words("一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月")


def _chinese_of(week: str, formats: Mapping[str, str], *, first_day: int) -> Locale:
    days = "日一二三四五六"
    return Locale(
        _ZH_MONTHS,
        tuple(f"{n}月" for n in range(1, 13)),
        tuple(f"星期{day}" for day in days),
        tuple(f"{week}{day}" for day in days),
        tuple(days),
        formats,
        _chinese,
        ("上午", "下午"),
        first_day,
        4 if first_day else 1,
    )


_DAY_FIRST: Final = _plain("HH:mm", "DD/MM/YYYY", "D MMMM YYYY", week="dddd, ")

LOCALES: Final[Mapping[str, Locale]] = MappingProxyType(
    {
        "en": _EN,
        "en-au": _english_of(_plain("h:mm A", "DD/MM/YYYY", "D MMMM YYYY", week="dddd, "), 0, 4),
        "en-ca": _english_of(_plain("h:mm A", "YYYY-MM-DD", "MMMM D, YYYY", week="dddd, "), 0, 1),
        "en-gb": _english_of(_DAY_FIRST, 1, 4),
        "en-ie": _english_of(_plain("HH:mm", "DD/MM/YYYY", "D MMMM YYYY"), 1, 4),
        "en-nz": _english_of(_plain("h:mm A", "DD/MM/YYYY", "D MMMM YYYY", week="dddd, "), 1, 4),
        "de": _DE,
        "de-at": _DE,
        "de-ch": _DE,
        "fr": Locale(*_FR_NAMES, _plain("HH:mm", "DD/MM/YYYY", "D MMMM YYYY"), _french),
        "fr-ca": Locale(
            *_FR_NAMES, _plain("HH:mm", "YYYY-MM-DD", "D MMMM YYYY"), _french, first_day=0, anchor=1
        ),
        "fr-ch": Locale(*_FR_NAMES, _plain("HH:mm", "DD.MM.YYYY", "D MMMM YYYY"), _french),
        "es": _ES,
        "it": _IT,
        "pt": Locale(
            *_PT_NAMES,
            _plain("HH:mm", "DD/MM/YYYY", "D [de] MMMM [de] YYYY", week="dddd, "),
            _suffixed("º"),
        ),
        "pt-br": Locale(
            *_PT_NAMES,
            _plain("HH:mm", "DD/MM/YYYY", "D [de] MMMM [de] YYYY", " [às] ", "dddd, "),
            _suffixed("º"),
            first_day=0,
            anchor=1,
        ),
        "nl": _NL,
        "sv": _SV,
        "da": _DA,
        "nb": _NB,
        "fi": _FI,
        "pl": _PL,
        "cs": _CS,
        "tr": _TR,
        "ru": _RU,
        "ja": _JA,
        "ko": _KO,
        "zh-cn": _chinese_of(
            "周",
            _formats("HH:mm", "YYYY/MM/DD", "YYYY年M月D日", "{day}Ah点mm分", "{day}ddddAh点mm分"),
            first_day=1,
        ),
        "zh-tw": _chinese_of(
            "週",
            _formats("HH:mm", "YYYY/MM/DD", "YYYY年M月D日", "{day} {time}", "{day} dddd {time}"),
            first_day=0,
        ),
    }
)
"""The languages by the names Airtable gives them."""


def locale_of(name: str) -> Locale:
    """Return the language of this name, its main language when the region is unknown, else English."""
    key = name.strip().lower().replace("_", "-")
    return LOCALES.get(key) or LOCALES.get(key.split("-")[0]) or _EN
