#pragma once

#include "truckee/api/call.hpp"

/// What a gateway's reply is in HTTP. Pure. docs/http.md has the table.
namespace truckee::api {

answer answer_of(const read_call& asked, const messages::retrieve_reply& x);
answer answer_of(const write_call& asked, const messages::publish_reply& x);
answer answer_of(const append_call& asked, const messages::publish_reply& x);

/// The status of an error that left nothing behind; of a read, or of a write that was not applied.
unsigned status_of(errc code);

} // namespace truckee::api
