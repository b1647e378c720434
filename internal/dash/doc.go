// Package dash is the operator's door: server-made HTML pages under /dashboard
// for people who sign in with e-mail and password.
//
// In come forms and a cookie; out go pages in English and Russian that show
// sessions, scenarios and API tokens of the signed-in person's account, cut
// down to what that person may see. Somebody else's id gives the same page as
// one that does not exist; a missing permission gives 403; a form that comes
// from another site is refused; bad input comes back with what was typed and
// one sentence beside each field. Pages read well without script: the one small
// script adds copying, confirming, local times and looking closer. No personal
// data stands in any address. app mounts the door and hands Principal to the
// API's pictures.
package dash
