#pragma once

#include <string>

namespace httplib {
struct Request;
struct Response;
} // namespace httplib

namespace truckee::http {

inline constexpr const char* html_type = "text/html; charset=utf-8";
inline constexpr const char* json_type = "application/json";
inline constexpr const char* text_type = "text/plain; charset=utf-8";

/// An answer that nobody may keep: what is shown is true for a moment.
void give(httplib::Response& out, int status, const std::string& body, const char* type);

/// Answers 405 with that body where a request would change something: here everything only shows. Whether it
/// did.
bool refuse_writing(const httplib::Request& in, httplib::Response& out, const std::string& body,
                    const char* type);

} // namespace truckee::http
