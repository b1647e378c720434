package kyc

// Code is an error of a step in the contract's form "[category] text".
type Code string

// The codes. Those under [general] are the contract's own strings.
const (
	BadImage           Code = "[general] bad image"
	TooSmallImage      Code = "[general] too small image"
	NoDocuments        Code = "[general] no documents on image"
	NotASelfie         Code = "[general] not a selfie"
	LowLight           Code = "[general] low light"
	BlackAndWhite      Code = "[general] black and white image"
	AgeMismatch        Code = "[general] age requirement mismatch"
	NoMRZ              Code = "[document] no machine readable zone"
	UncertainMRZ       Code = "[document] machine readable zone is uncertain"
	MirroredDocument   Code = "[document] mirrored image"
	NoBarcode          Code = "[document] no barcode"
	UnreadableFields   Code = "[document] required fields are not readable"
	NoPortrait         Code = "[document] no portrait"
	PhotoRetaken       Code = "[document] photo taken again"
	NoFace             Code = "[selfie] no face"
	ManyFaces          Code = "[selfie] more than one face"
	SmallFace          Code = "[selfie] face too small"
	BlurredFace        Code = "[selfie] blurred"
	LivenessFrames     Code = "[liveness] too few frames"
	LivenessNoFace     Code = "[liveness] no face"
	LivenessManyFaces  Code = "[liveness] more than one face"
	LivenessSmallFace  Code = "[liveness] face too small"
	LivenessChallenge  Code = "[liveness] challenge not followed"
	LivenessStill      Code = "[liveness] still picture"
	LivenessLate       Code = "[liveness] too late"
	LivenessIdentity   Code = "[liveness] face changed during the challenge"
	LivenessReplay     Code = "[liveness] repeated frames"
	LivenessLight      Code = "[liveness] light not followed"
	LivenessBright     Code = "[liveness] too bright for the light"
	LivenessCapture    Code = "[liveness] doubtful capture"
	NoAddress          Code = "[address_proof] no address"
	NoIssueDate        Code = "[address_proof] no date of issue"
	OldProof           Code = "[address_proof] too old"
	NoProofName        Code = "[address_proof] no name"
	OtherName          Code = "[address_proof] name does not match"
	OtherKind          Code = "[address_proof] kind is not accepted"
	UnreadablePDF      Code = "[address_proof] PDF could not be opened"
	LockedPDF          Code = "[address_proof] PDF is protected by a password"
	FacesNothing       Code = "[faces] nothing to compare"
	FacesBlacklisted   Code = "[faces] face is in a blacklist"
	FacesDuplicate     Code = "[faces] face is known under another client key"
	TooManyAttempts    Code = "[general] no attempts left"
	InternalCheckError Code = "[general] check could not be computed"
)

// Explanation of a code: a hint for the person, in words that help to do it
// better, and an explanation for the operator.
type Explanation struct {
	Hint     map[string]string // by language: "en", "ru"
	Operator string
}

// Explain returns the explanation of a code; every code above has one, and an
// unknown one explains itself by its own text.
func Explain(c Code) Explanation {
	if e, ok := explanations()[c]; ok {
		return e
	}
	return Explanation{Hint: map[string]string{"en": string(c), "ru": string(c)}, Operator: string(c)}
}

// Codes lists every code that a result can carry.
func Codes() []Code {
	table := explanations()
	codes := make([]Code, 0, len(table))
	for c := range table {
		codes = append(codes, c)
	}
	return codes
}

func hint(en, ru, operator string) Explanation {
	return Explanation{Hint: map[string]string{"en": en, "ru": ru}, Operator: operator}
}

// explanations is the one table of the contract's section 5: each code with
// its hint and its explanation.
func explanations() map[Code]Explanation {
	return map[Code]Explanation{
		BadImage: hint("This file could not be opened. Use a JPEG or PNG photo.", "Не удалось открыть файл. Используйте фото JPEG или PNG.",
			"The file is not a JPEG or PNG picture, is damaged, or is over the limits of size and pixels."),
		TooSmallImage: hint("The photo is too small. Take it again from closer up.", "Фото слишком маленькое. Снимите ближе.",
			"The larger side of the picture is under 300 pixels."),
		NoDocuments: hint("We could not find a document. Fill the frame with it; of a passport, with the page that shows your photo.", "Документ не найден. Снимите его так, чтобы он заполнил рамку; у паспорта нужна страница с фотографией.",
			"No text lines that could belong to a document were found in the picture."),
		NotASelfie: hint("We could not see your face. Look into the camera.", "Лицо не видно. Посмотрите в камеру.",
			"The selfie shows no usable face."),
		LowLight: hint("It is too dark. Find a brighter place.", "Слишком темно. Найдите место посветлее.",
			"The picture's mean brightness is under the limit."),
		BlackAndWhite: hint("The photo has no colour. Photograph the original, not a copy.", "Фото чёрно-белое. Снимите оригинал, а не копию.",
			"The picture has almost no colour, as a photocopy has."),
		AgeMismatch: hint("This photo did not fit. Take it again: look straight into the camera, in even light, without filters.", "Фото не подошло. Снимите ещё раз: смотрите прямо в камеру при ровном свете, без фильтров.",
			"The age that the face looks like is farther from the document's date of birth than the scenario tolerates. Such estimates err by five to six years on average, and far more at times: look at the picture before you believe it."),
		NoMRZ: hint("We could not see the lines with <<< at the bottom of the page. Keep them in the frame and sharp.", "Не видны строки с <<< внизу страницы. Держите их в кадре и в фокусе.",
			"A document may be there, but no machine-readable zone by ICAO 9303 was found."),
		UncertainMRZ: hint("The lines with <<< are hard to read. Avoid glare and hold still.", "Строки с <<< плохо читаются. Избегайте бликов и не двигайтесь.",
			"A machine-readable zone was found, but at least one character could not be read with confidence; nothing was guessed."),
		MirroredDocument: hint("The photo is mirrored. Use the back camera.", "Фото зеркальное. Используйте основную камеру.",
			"The document is shown as a mirror image."),
		NoBarcode: hint("We could not read the barcode. Photograph the back of the card, sharp and straight.", "Не удалось прочитать штрихкод. Снимите обратную сторону карты ровно и резко.",
			"This kind of document has a PDF417 barcode, and it was read on none of the pictures."),
		UnreadableFields: hint("Some lines of your document could not be read. Fill the frame with it, avoid glare and hold still.", "Некоторые строки документа не читаются. Заполните им рамку, избегайте бликов и не двигайтесь.",
			"The kind of document was recognised, but fields that it must have were not found or not of their form; which, the measures of the attempt say."),
		NoPortrait: hint("We could not see the photo in your document. Keep the whole page in the frame.", "Не видна фотография в документе. Держите всю страницу в кадре.",
			"No portrait was found on the document, so faces cannot be compared."),
		PhotoRetaken: hint("Photograph your document again, sharp and without glare.", "Снимите документ ещё раз, резко и без бликов.",
			"The document was read, and the person chose to photograph it again rather than to confirm or correct what was read; this try counts for nothing else."),
		NoFace: hint("We could not see your face. Look into the camera.", "Лицо не видно. Посмотрите в камеру.",
			"No face was found in the selfie."),
		ManyFaces: hint("There is more than one person in the picture. Please be alone.", "В кадре больше одного человека. Останьтесь в кадре один.",
			"More than one face of comparable size was found."),
		SmallFace: hint("Come closer to the camera.", "Подойдите ближе к камере.",
			"The face is smaller than the embedder needs."),
		BlurredFace: hint("The picture is blurred. Hold still.", "Фото размыто. Не двигайтесь.",
			"The face is too blurred to be compared."),
		LivenessFrames: hint("The recording was too short. Try again.", "Запись слишком короткая. Попробуйте ещё раз.",
			"Fewer usable frames than the challenge needs were received."),
		LivenessNoFace: hint("We lost sight of your face. Keep it in the oval.", "Лицо пропало из кадра. Держите его в овале.",
			"Too many liveness frames show no face."),
		LivenessManyFaces: hint("There is more than one person in the picture. Please be alone.", "В кадре больше одного человека. Останьтесь в кадре один.",
			"Liveness frames show more than one face."),
		LivenessSmallFace: hint("Come closer to the camera.", "Подойдите ближе к камере.",
			"The face is too small in the liveness frames."),
		LivenessChallenge: hint("Follow the instructions one after the other, slowly and far enough.", "Выполняйте указания по очереди, медленно и достаточно заметно.",
			"What was measured is not what was asked for, in that order: head turns, and nodding, closed eyes or coming closer where the scenario adds them."),
		LivenessStill: hint("Please use your own face, not a picture.", "Покажите своё лицо, а не изображение.",
			"The landmarks move as those of a flat or motionless picture do."),
		LivenessLate: hint("That took too long. Try again.", "Слишком долго. Попробуйте ещё раз.",
			"The frames came after the challenge's deadline."),
		LivenessIdentity: hint("The face changed during the recording. Try again alone.", "Лицо в записи изменилось. Попробуйте ещё раз в одиночестве.",
			"Frames of one challenge do not show one and the same person."),
		LivenessReplay: hint("The recording repeats itself. Use your camera.", "Запись повторяется. Используйте камеру.",
			"Identical frames were sent more than once, which a camera does not do."),
		LivenessLight: hint("Hold still before the screen while it changes colours, with your own face and nothing in front of it.", "Не двигайтесь перед экраном, пока он меняет цвета: только ваше лицо, ничего перед ним.",
			"The screen lit the face with a sequence of colours, and the face did not answer with that sequence, or what surrounds it answered as strongly as it did, as a picture does."),
		LivenessBright: hint("It is too bright to see your screen's light. Turn away from the window or lamp, and make the screen brighter.", "Слишком светло, свет экрана не виден. Отвернитесь от окна или лампы и сделайте экран ярче.",
			"The face's colours hardly changed while the screen lit it: other light outshines the screen, the screen is dark, or what was filmed is a screen itself. Nothing can be told from it."),
		LivenessCapture: hint("This could not be accepted. Use your own camera, in your usual browser, with nothing between you and it.", "Съёмка не может быть принята. Используйте свою камеру в обычном браузере, без программ и экранов между ней и вами.",
			"How the recording or the selfie was captured raised a risk from the scenario's limit on; which signals did, the measures of the attempt say."),
		NoAddress: hint("We could not find your address. Show the whole page, flat and sharp.", "Адрес не найден. Снимите всю страницу ровно и чётко.",
			"No postal address was found on the pages."),
		NoIssueDate: hint("We could not find the date of the letter. Show the page that has it.", "Не найдена дата документа. Снимите страницу, на которой она указана.",
			"No date of issue was found on the pages, so their age is not known."),
		OldProof: hint("This paper is too old. Use a newer one.", "Документ слишком старый. Используйте более новый.",
			"The date of issue is before the scenario's limit, or lies in the future."),
		NoProofName: hint("We could not find your name. Use a paper that is addressed to you.", "Не найдено имя. Используйте документ, выписанный на ваше имя.",
			"No name was found beside the address, so it could not be compared with the document's."),
		OtherName: hint("The name is not the one in your document. Use a paper that is addressed to you.", "Имя не совпадает с именем в документе. Используйте документ, выписанный на ваше имя.",
			"The name beside the address is less like the document's than the scenario asks for."),
		OtherKind: hint("This kind of paper is not accepted. Use one of those that are listed.", "Такой документ не принимается. Используйте один из перечисленных.",
			"The paper was not recognised as one of the kinds that the scenario accepts."),
		UnreadablePDF: hint("This PDF could not be opened. Choose another file or take a photo.", "Не удалось открыть PDF. Выберите другой файл или снимите документ.",
			"The PDF is damaged, or needs more time or memory than one file may have."),
		LockedPDF: hint("This PDF is protected by a password. Save it without one, or take a photo.", "PDF защищён паролем. Сохраните его без пароля или снимите документ.",
			"The PDF is encrypted and does not open without a password."),
		FacesNothing: hint("There were no two faces to compare.", "Нет двух лиц для сравнения.",
			"The scenario asks for faces to be compared, but fewer than two steps gave a face."),
		FacesBlacklisted: hint("This verification could not be accepted.", "Проверка не может быть принята.",
			"A face of the session is in one of the scenario's blacklists; which, and who, the measures of the session say. The person is not told."),
		FacesDuplicate: hint("This verification could not be accepted as it is.", "Проверка не может быть принята в этом виде.",
			"The face is in the scenario's list of clients already, under another client key; who that is, the measures of the session say. The person is not told."),
		TooManyAttempts: hint("No attempts are left.", "Попыток больше нет.",
			"The person used all attempts of this step."),
		InternalCheckError: hint("Something went wrong on our side. Try again.", "Ошибка на нашей стороне. Попробуйте ещё раз.",
			"A check failed to run; see the log by the session id. It counts as not passed."),
	}
}

// toldChecks are the checks whose failure a code tells of, too.
func toldChecks() map[string]Code {
	return map[string]Code{"isAddressFound": NoAddress, "isDateFresh": OldProof, "isNameMatch": OtherName, "isKindAccepted": OtherKind,
		CheckAge:         AgeMismatch,
		CheckBlacklisted: FacesBlacklisted, CheckDuplicate: FacesDuplicate, CheckCapture: LivenessCapture}
}

// CodeOf is the code that tells of a failed check, "" where the check says all.
func CodeOf(caption string) Code { return toldChecks()[caption] }

// Check is the caption of the check that a code tells the failure of, "" for all
// others. Where a scenario makes that check soft, the code is no hard error.
func (c Code) Check() string {
	for caption, code := range toldChecks() {
		if code == c {
			return caption
		}
	}
	return ""
}
