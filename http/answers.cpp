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

std::string plain_answer(int status, std::string_view reason, std::string_view body) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " ";
  out.append(reason).append("\r\nConnection: close\r\nCache-Control: no-store\r\n");
  for (const auto& [name, value] : safe_fields)
    out.append(name).append(": ").append(value).append("\r\n");
  out.append("Content-Type: ").append(text_type);
  out.append("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  return out.append(body);
}

} // namespace truckee::http
