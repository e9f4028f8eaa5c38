#include "truckee/http/answers.hpp"

#include <httplib.h>

namespace truckee::http {

void give(httplib::Response& out, int status, const std::string& body, const char* type) {
  out.status = status;
  out.set_header("Cache-Control", "no-store");
  out.set_content(body, type);
}

bool refuse_writing(const httplib::Request& in, httplib::Response& out, const std::string& body,
                    const char* type) {
  if (in.method == "GET" || in.method == "HEAD")
    return false;
  give(out, 405, body, type);
  out.set_header("Allow", "GET, HEAD");
  out.set_header("Connection", "close"); // the body was not read
  return true;
}

std::string_view reason_of(unsigned status) {
  switch (status) {
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 204:
    return "No Content";
  case 206:
    return "Partial Content";
  case 304:
    return "Not Modified";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 406:
    return "Not Acceptable";
  case 409:
    return "Conflict";
  case 411:
    return "Length Required";
  case 412:
    return "Precondition Failed";
  case 413:
    return "Content Too Large";
  case 415:
    return "Unsupported Media Type";
  case 416:
    return "Range Not Satisfiable";
  case 431:
    return "Request Header Fields Too Large";
  case 502:
    return "Bad Gateway";
  case 503:
    return "Service Unavailable";
  case 504:
    return "Gateway Timeout";
  case 507:
    return "Insufficient Storage";
  default:
    return "Internal Server Error";
  }
}

std::string plain_answer(unsigned status, std::string_view body) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " ";
  out.append(reason_of(status)).append("\r\nConnection: close\r\nCache-Control: no-store\r\n");
  for (const auto& [name, value] : safe_fields)
    out.append(name).append(": ").append(value).append("\r\n");
  out.append("Content-Type: ").append(text_type);
  out.append("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  return out.append(body);
}

} // namespace truckee::http
