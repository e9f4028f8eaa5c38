#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace httplib {
struct Request;
struct Response;
} // namespace httplib

namespace truckee::http {

inline constexpr const char* html_type = "text/html; charset=utf-8";
inline constexpr const char* json_type = "application/json";
inline constexpr const char* text_type = "text/plain; charset=utf-8";

/// Stand in every answer of every port: a browser that is lured here runs nothing, keeps nothing and tells
/// nobody.
inline constexpr std::array<std::pair<const char*, const char*>, 4> safe_fields{
    {{"Content-Security-Policy",
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
      "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
     {"X-Content-Type-Options", "nosniff"},
     {"Referrer-Policy", "no-referrer"},
     {"Cross-Origin-Resource-Policy", "same-origin"}}};

/// An answer that nobody may keep: what is shown is true for a moment.
void give(httplib::Response& out, int status, const std::string& body, const char* type);

/// Answers 405 with that body where a request would change something: here everything only shows. Whether it
/// did.
bool refuse_writing(const httplib::Request& in, httplib::Response& out, const std::string& body,
                    const char* type);

/// The words behind a status that a port of ours gives; of any other those of 500.
std::string_view reason_of(unsigned status);

/// A whole answer as it goes over the wire, for whom no handler sees.
std::string plain_answer(unsigned status, std::string_view body);

} // namespace truckee::http
