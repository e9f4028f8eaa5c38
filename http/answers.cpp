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

} // namespace truckee::http
