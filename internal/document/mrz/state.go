package mrz

import "strings"

// iso are the alpha-3 codes of ISO 3166-1.
const iso = "ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH " +
	"BLM BLR BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG COK COL COM CPV CRI CUB " +
	"CUW CXR CYM CYP CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO " +
	"GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN " +
	"IRQ ISL ISR ITA JAM JEY JOR JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA " +
	"MAC MAF MAR MCO MDA MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER " +
	"NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN PCN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU " +
	"RUS RWA SAU SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA " +
	"TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB VIR VNM VUT " +
	"WLF WSM YEM ZAF ZMB ZWE"

// special are the codes of ICAO 9303 part 3, section 5, that ISO 3166-1 does not
// have: states' variants, organisations, persons without a nationality, two
// withdrawn codes that still circulate, and Utopia, the state of specimens.
const special = "D GBD GBN GBO GBP GBS RKS EUE UNO UNA UNK XBA XIM XCC XCE XCO XEC XPO XES XMP XOM XDC XXA XXB XXC XXX ANT NTZ UTO"

// States lists every code that may stand as issuing state or nationality.
func States() []string { return append(strings.Fields(iso), strings.Fields(special)...) }

// KnownState tells whether a code, fillers removed, is one of States.
func KnownState(code string) bool {
	code = strings.TrimRight(code, "<")
	return code != "" && (strings.Contains(" "+iso+" ", " "+code+" ") || strings.Contains(" "+special+" ", " "+code+" "))
}

// Alpha3 gives the ISO 3166-1 code of a state's code in the zone: Germany's "D"
// and the British variants have one of three letters, the rest stand for themselves.
func Alpha3(code string) string {
	switch code = strings.TrimRight(code, "<"); code {
	case "D":
		return "DEU"
	case "GBD", "GBN", "GBO", "GBP", "GBS":
		return "GBR"
	}
	return code
}
