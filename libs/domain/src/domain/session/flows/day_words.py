"""Words for the days around today, by language (Unicode CLDR, and what people write besides)."""

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType

from domain.session.flows.lettering import squeezed

MORE_WEEKDAYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "de": ("", "", "", "", "", "Sonnabend", ""),
        "en": ("", "tues", "weds", "thur|thurs", "", "", ""),
        "pt": (
            "segunda|segunda feira",
            "terça|terça feira",
            "quarta|quarta feira",
            "quinta|quinta feira",
            "sexta|sexta feira",
            "",
            "",
        ),
    }
)
"""What people call the days from Monday on, besides their names in CLDR."""


def days_around(language: str) -> dict[str, tuple[int, ...]]:
    """Return how many days after today each word means, by the word as it compares."""
    found = defaultdict[str, list[int]](list)
    for days, words in enumerate(_WORDS.get(language.partition("-")[0], ()), start=-2):
        for word in words.split("|") if words else ():
            found[squeezed(word)].append(days)
    return {word: tuple(dict.fromkeys(days)) for word, days in found.items()}


_WORDS: Mapping[str, tuple[str, str, str, str, str]] = MappingProxyType(
    {
        "af": ("eergister", "gister", "vandag", "môre", "oormôre"),
        "ar": ("أول أمس", "أمس|امبارح", "اليوم|النهارده", "غدًا|بكرة|بكره", "بعد الغد"),
        "bg": ("онзи ден", "вчера", "днес", "утре", "вдругиден"),
        "bn": ("গত পরশু", "গতকাল|কাল", "আজ", "আগামীকাল|কাল", "আগামী পরশু"),
        "ca": ("abans-d'ahir", "ahir", "avui", "demà", "demà passat"),
        "cs": ("předevčírem", "včera", "dnes", "zítra", "pozítří"),
        "da": ("i forgårs", "i går", "i dag", "i morgen", "i overmorgen"),
        "de": (
            "vorgestern",
            "gestern",
            (
                "heute|heut|heute früh|heute Morgen|heute Vormittag|heute Mittag|heute Nachmittag"
                "|heute Abend|heute Nacht"
            ),
            "morgen|morgen früh|morgen Vormittag|morgen Mittag|morgen Nachmittag|morgen Abend",
            "übermorgen",
        ),
        "el": ("προχθές|προχτές", "χθες|χτες", "σήμερα", "αύριο", "μεθαύριο"),
        "en": (
            "day before yesterday|the day before yesterday",
            "yesterday",
            "today|tonight|this morning|this afternoon|this evening",
            "tomorrow|tomorrow morning|tomorrow afternoon|tomorrow evening|tomorrow night",
            "day after tomorrow|the day after tomorrow",
        ),
        "es": (
            "anteayer|antier|antes de ayer",
            "ayer",
            "hoy|esta noche|esta tarde|esta mañana|hoy mismo",
            "mañana|mañana por la mañana|mañana por la tarde|mañana por la noche",
            "pasado mañana",
        ),
        "et": ("üleeile", "eile", "täna", "homme", "ülehomme"),
        "fa": ("پریروز", "دیروز", "امروز", "فردا", "پسفردا"),
        "fi": ("toissa päivänä", "eilen", "tänään", "huomenna", "ylihuomenna"),
        "fil": ("Araw bago ang kahapon", "kahapon", "ngayong araw|ngayon", "bukas", "Samakalawa"),
        "fr": (
            "avant-hier",
            "hier",
            (
                "aujourd'hui|aujourd hui|ce jour|ce matin|cet après-midi|cette après-midi|ce soir"
                "|cette nuit"
            ),
            "demain|demain matin|demain après-midi|demain soir",
            "après-demain",
        ),
        "gu": ("ગયા પરમદિવસે", "ગઈકાલે", "આજે", "આવતીકાલે", "પરમદિવસે"),
        "he": ("שלשום", "אתמול", "היום", "מחר", "מחרתיים"),
        "hi": ("परसों", "कल", "आज", "कल", "परसों"),
        "hr": ("prekjučer", "jučer", "danas", "sutra", "prekosutra"),
        "hu": ("tegnapelőtt", "tegnap", "ma", "holnap", "holnapután"),
        "id": ("kemarin dulu|kemarin lusa", "kemarin", "hari ini", "besok", "lusa"),
        "it": (
            "l'altro ieri|ieri l'altro|avantieri",
            "ieri",
            (
                "oggi|stamattina|questa mattina|oggi pomeriggio|questo pomeriggio|questa sera"
                "|stasera|stanotte"
            ),
            "domani|domani mattina|domani pomeriggio|domani sera",
            "dopodomani",
        ),
        "ja": (
            "一昨日|おととい",
            "昨日|きのう",
            "今日|きょう|本日",
            "明日|あした|あす",
            "明後日|あさって",
        ),
        "kn": ("ಮೊನ್ನೆ", "ನಿನ್ನೆ", "ಇಂದು", "ನಾಳೆ", "ನಾಡಿದ್ದು"),
        "ko": ("그저께|그제", "어제", "오늘", "내일", "모레|내일모레"),
        "lt": ("užvakar", "vakar", "šiandien", "rytoj", "poryt"),
        "lv": ("aizvakar", "vakar", "šodien", "rīt", "parīt"),
        "ml": ("മിനിഞ്ഞാന്ന്", "ഇന്നലെ", "ഇന്ന്", "നാളെ", "മറ്റന്നാൾ"),
        "mr": ("", "काल", "आज", "उद्या", ""),
        "ms": ("", "semalam|kelmarin", "hari ini", "esok", "lusa"),
        "nb": ("i forgårs", "i går", "i dag", "i morgen", "i overmorgen"),
        "nl": ("eergisteren", "gisteren", "vandaag", "morgen", "overmorgen"),
        "pa": ("", "ਬੀਤਿਆ ਕੱਲ੍ਹ|ਕੱਲ੍ਹ", "ਅੱਜ", "ਭਲਕੇ|ਕੱਲ੍ਹ", ""),
        "pl": ("przedwczoraj", "wczoraj", "dzisiaj|dziś", "jutro", "pojutrze"),
        "pt": (
            "anteontem|antes de ontem",
            "ontem",
            "hoje|esta noite|hoje à noite|hoje à tarde|esta tarde|esta manhã|hoje de manhã",
            "amanhã|amanhã de manhã|amanhã à tarde|amanhã à noite",
            "depois de amanhã",
        ),
        "ro": ("alaltăieri", "ieri", "azi|astăzi", "mâine", "poimâine"),
        "ru": ("позавчера", "вчера", "сегодня", "завтра", "послезавтра"),
        "sk": ("predvčerom", "včera", "dnes", "zajtra", "pozajtra"),
        "sl": ("predvčerajšnjim", "včeraj", "danes", "jutri", "pojutrišnjem"),
        "sr": (
            "прекјуче|prekjuče",
            "јуче|juče",
            "данас|danas",
            "сутра|sutra",
            "прекосутра|prekosutra",
        ),
        "sv": ("i förrgår", "i går", "i dag", "i morgon", "i övermorgon"),
        "sw": ("juzi", "jana", "leo", "kesho", "kesho kutwa"),
        "ta": ("நேற்று முன்தினம்", "நேற்று", "இன்று", "நாளை", "நாளை மறுநாள்"),
        "te": ("మొన్న", "నిన్న", "ఈ రోజు", "రేపు", "ఎల్లుండి"),
        "th": ("เมื่อวานซืน", "เมื่อวาน|เมื่อวานนี้", "วันนี้", "พรุ่งนี้", "มะรืนนี้"),
        "tr": ("evvelsi gün", "dün", "bugün", "yar\u0131n", "öbür gün"),
        "uk": ("позавчора", "учора|вчора", "сьогодні", "завтра", "післязавтра"),
        "ur": ("گزشتہ پرسوں|پرسوں", "گزشتہ کل|کل", "آج", "آئندہ کل|کل", "آنے والا پرسوں|پرسوں"),
        "vi": ("Hôm kia", "Hôm qua", "Hôm nay", "Ngày mai|mai", "Ngày kia"),
        "zh": ("前天", "昨天|昨日", "今天|今日", "明天|明日", "后天|後天"),
        "zu": (
            "usuku olwandulela olwayizolo",
            "izolo",
            "namhlanje",
            "kusasa",
            "usuku olulandela olwakusasa",
        ),
    }
)
"""The day before yesterday, yesterday, today, tomorrow, the day after tomorrow.

A word can mean two of them, as in Hindi: then the bounds of the question decide.
"""
