import gradio


def greet(name: str) -> str:
    return f"Hello {name or 'Gradio'}"


demo = gradio.Interface(greet, inputs="text", outputs="text", api_name="greet")

if __name__ == "__main__":
    demo.launch()
